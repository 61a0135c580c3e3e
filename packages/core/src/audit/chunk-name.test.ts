import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "../app-error.ts";
import { chunkNameFromBytes, chunkNameToBytes } from "./chunk-name.ts";

describe("chunk names as bytes", () => {
  it("come back as they were", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const name = chunkNameFromBytes(bytes);
        expect(name).toBe(Buffer.from(bytes).toString("hex"));
        expect(chunkNameToBytes(name)).toEqual(bytes);
      }),
    );
  });

  it.each([0, 31, 33, 64])("are not %d bytes", (length) => {
    expect(() => chunkNameFromBytes(new Uint8Array(length))).toThrow(AppError);
  });
});
