import { expect, it } from "vitest";
import { freeMemory } from "./free-memory.ts";

it("frees memory that is the piece's alone", () => {
  const piece = new Uint8Array(64 * 1024);
  const { buffer } = piece;
  freeMemory(piece);
  expect([piece.byteLength, buffer.detached]).toEqual([0, true]);
});

it.each([
  ["a part of a larger buffer", () => new Uint8Array(64 * 1024).subarray(0, 32 * 1024)],
  ["little", () => new Uint8Array(100)],
  ["memory that is shared between threads", () => new Uint8Array(new SharedArrayBuffer(64 * 1024))],
])("leaves %s", (_what, make) => {
  const piece = make();
  const { byteLength } = piece;
  freeMemory(piece);
  expect(piece.byteLength).toBe(byteLength);
});
