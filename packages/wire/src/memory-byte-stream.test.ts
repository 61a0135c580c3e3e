import { AppError } from "@commonhold/core/app-error.ts";
import { describe, expect, it } from "vitest";
import { createMemoryStreamPair } from "./memory-byte-stream.ts";

/** Whether `promise` is settled once everything that is due has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  promise.then(
    () => (settled = true),
    () => (settled = true),
  );
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

const gone = new AppError("NODE_UNREACHABLE", "gone");

describe("memory stream pair", () => {
  it("makes the writer wait until the reader has made room", async () => {
    const [left, right] = createMemoryStreamPair({ windowBytes: 4 });
    await left.write(Uint8Array.of(1, 2, 3));
    const blocked = left.write(Uint8Array.of(4, 5));
    expect(await isSettled(blocked)).toBe(false);
    await right.read(1);
    expect(await isSettled(blocked)).toBe(false);
    await right.read(1);
    await blocked;
    expect(right.waitingBytes).toBe(3);
  });

  it("ends each direction for itself", async () => {
    const [left, right] = createMemoryStreamPair();
    await left.write(Uint8Array.of(1));
    await left.closeWrite();
    expect(await right.read(1)).toEqual(Uint8Array.of(1));
    await expect(right.read(1)).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
    await right.write(Uint8Array.of(2));
    expect(await left.read(1)).toEqual(Uint8Array.of(2));
    await expect(left.write(Uint8Array.of(3))).rejects.toMatchObject({ code: "INTERNAL" });
    await right.closeWrite();
    expect(await left.closed).toBeUndefined();
    expect(await right.closed).toBeUndefined();
  });

  it("fails pending reads and writes with the reason of an abort, and tells the peer", async () => {
    const [left, right] = createMemoryStreamPair({ windowBytes: 2 });
    await right.write(Uint8Array.of(9));
    const read = left.read(2);
    const write = left.write(Uint8Array.of(1, 2));
    left.abort(gone);
    await expect(read).rejects.toBe(gone);
    await expect(write).rejects.toBe(gone);
    await expect(left.read(1)).rejects.toBe(gone);
    expect(await right.read(2)).toEqual(Uint8Array.of(1, 2));
    await expect(right.read(1)).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
    await expect(right.write(Uint8Array.of(1))).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
    expect(await left.closed).toBe(gone);
  });

  it("cuts both ends with the same reason, dropping what is on the way", async () => {
    const [left, right] = createMemoryStreamPair();
    await left.write(Uint8Array.of(1));
    left.cut(gone);
    await expect(right.read(1)).rejects.toBe(gone);
    await expect(left.closeWrite()).rejects.toBe(gone);
    expect(await right.closed).toBe(gone);
  });

  it("lets the other end write on when nothing is read any more", async () => {
    const [left, right] = createMemoryStreamPair({ windowBytes: 2 });
    const blocked = left.write(Uint8Array.of(1, 2));
    right.discard();
    await blocked;
    await left.write(new Uint8Array(100));
    expect(right.waitingBytes).toBe(0);
  });
});
