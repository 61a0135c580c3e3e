import { hasCode } from "@commonhold/core/app-error.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { unwrapKey, wrapKey } from "./key-wrap.ts";
import { countingRandom, filledBytes, hex, withBitFlipped } from "./testing/test-bytes.ts";

const KEY = filledBytes(32, 0x77);
const WRAPPING = filledBytes(32, 0x4d);
const GOLDEN = [
  "01",
  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
  "1133886cd3de09f551bc898750378dcf0194f915f9e57334ca400c10df73cdb4",
  "823df9e35b0e8daf37b663176f485698",
].join("");

const mismatch = (call: () => unknown) =>
  expect(call).toThrow(expect.toSatisfy((error: unknown) => hasCode(error, "KEY_MISMATCH")));

describe("wrapped keys", () => {
  it("keep to their golden vector", () => {
    expect(hex(wrapKey(KEY, WRAPPING, "file key", countingRandom))).toBe(GOLDEN);
    expect(unwrapKey(new Uint8Array(Buffer.from(GOLDEN, "hex")), WRAPPING, "file key")).toEqual(KEY);
  });

  it("come back as they were", () => {
    const thirtyTwo = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const key = fc.uint8Array({ minLength: 1, maxLength: 256 });
    const purpose = fc.string();
    fc.assert(
      fc.property(fc.record({ key, wrapping: thirtyTwo, salt: thirtyTwo, purpose }), (given) => {
        const random = { bytes: () => given.salt, fraction: () => 0 };
        const wrapped = wrapKey(given.key, given.wrapping, given.purpose, random);
        expect(unwrapKey(wrapped, given.wrapping, given.purpose)).toEqual(given.key);
      }),
    );
  });

  it("open for their own purpose and by their own key only", () => {
    const wrapped = wrapKey(KEY, WRAPPING, "file key", countingRandom);
    mismatch(() => unwrapKey(wrapped, WRAPPING, "owner secret"));
    mismatch(() => unwrapKey(wrapped, WRAPPING, "file key "));
    mismatch(() => unwrapKey(wrapped, WRAPPING, ""));
    mismatch(() => unwrapKey(wrapped, filledBytes(32, 0x4e), "file key"));
  });

  it("show any flipped bit and any missing byte", () => {
    const wrapped = wrapKey(KEY, WRAPPING, "file key", countingRandom);
    for (let bit = 0; bit < wrapped.length * 8; bit++) {
      mismatch(() => unwrapKey(withBitFlipped(wrapped, bit), WRAPPING, "file key"));
    }
    for (let length = 0; length < wrapped.length; length++) {
      mismatch(() => unwrapKey(wrapped.subarray(0, length), WRAPPING, "file key"));
    }
  });

  it("are other bytes each time, as the salt is", () => {
    let calls = 0;
    const random = { bytes: (length: number) => filledBytes(length, ++calls), fraction: () => 0 };
    const [one, two] = [wrapKey(KEY, WRAPPING, "", random), wrapKey(KEY, WRAPPING, "", random)];
    expect(hex(one.subarray(33))).not.toBe(hex(two.subarray(33)));
  });

  it.each([0, 257])("refuse a key of %d bytes", (length) => {
    expect(() => wrapKey(new Uint8Array(length), WRAPPING, "", countingRandom)).toThrow(`${length} bytes`);
  });

  it("refuse a wrapping key of another length", () => {
    expect(() => wrapKey(KEY, new Uint8Array(16), "", countingRandom)).toThrow("16 bytes");
    expect(() => unwrapKey(new Uint8Array(81), new Uint8Array(16), "")).toThrow("16 bytes");
  });
});
