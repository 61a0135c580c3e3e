import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createContentId } from "./content-id.ts";

function contentIdOf(plainHashes: readonly Uint8Array[]): string {
  const id = createContentId();
  for (const hash of plainHashes) id.add(hash);
  return id.finish();
}

describe("content ids", () => {
  it.each([
    [0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    [1, "d9de27625445003d8a9739a851e3ff8d41c0683630b4d63a88327a6aaa37c409"],
    [2, "604d540f09268b91672ab011394d5266ccd7d4484d0d109411a55848126a1b2c"],
    [3, "d1f13800048f5909d4043fc0c152f6643280cba608b672715e56ce159a20629f"],
    [5, "6b313b611b40676b9e1dfd70c4503f2379f88f0f1c2740fb7e1cacc32c113465"],
  ])("keep to the golden vector of %d chunks of one byte, 0, 1, 2, …", (count, id) => {
    const hashes = Array.from({ length: count }, (_, i) => createHash("sha256").update(Uint8Array.of(i)).digest());
    expect(contentIdOf(hashes)).toBe(id);
  });

  it("change with every chunk and with their order", () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(fc.uniqueArray(hash, { minLength: 2, maxLength: 20, selector: String }), fc.nat(), (hashes, at) => {
        const i = at % hashes.length;
        const j = (i + 1) % hashes.length;
        const id = contentIdOf(hashes);
        expect(contentIdOf(hashes.toSpliced(i, 1))).not.toBe(id);
        expect(contentIdOf(hashes.toSpliced(i, 0, hashes[i]!))).not.toBe(id);
        expect(contentIdOf(hashes.with(i, hashes[j]!).with(j, hashes[i]!))).not.toBe(id);
      }),
    );
  });

  it("take SHA-256 hashes only", () => {
    expect(() => createContentId().add(new Uint8Array(31))).toThrow("31 bytes");
  });
});
