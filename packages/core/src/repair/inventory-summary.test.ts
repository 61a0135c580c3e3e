import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "../app-error.ts";
import { chunkNameToBytes } from "../audit/chunk-name.ts";
import type { ChunkName } from "../ids.ts";
import {
  BUCKET_COUNT,
  bucketBounds,
  differingBuckets,
  type InventorySummary,
  summariseInventory,
  summaryRoot,
} from "./inventory-summary.ts";

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const summarise = (names: Iterable<ChunkName>): InventorySummary => summariseInventory(names, sha256);
const EMPTY_DIGEST = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

const anyName = fc
  .tuple(fc.constantFrom("00", "01", "7f", "fe", "ff"), fc.stringMatching(/^[0-9a-f]{62}$/))
  .map(([first, rest]) => (first + rest) as ChunkName);
const anyNames = fc.uniqueArray(anyName, { maxLength: 40 }).map((names) => names.sort());

describe("summariseInventory", () => {
  it("keeps its answer, so that all versions understand each other", () => {
    const names = ["00".repeat(32), `00${"01".repeat(31)}`, "a7".repeat(32), "ff".repeat(32)] as ChunkName[];
    const { root, buckets } = summarise(names);
    expect(hex(root)).toBe("ca08ddfc738ce2e98d5903f6fb079c547076bc2927358c1e3087362b016444dc");
    expect(buckets).toHaveLength(BUCKET_COUNT);
    expect(buckets.map(({ count }, bucket) => [bucket, count]).filter(([, count]) => count! > 0)).toEqual([
      [0x00, 2],
      [0xa7, 1],
      [0xff, 1],
    ]);
    expect(hex(buckets[0]!.digest)).toBe("bdfee63280c9742ab5528e3253f809f1269e9f4d055dc30eb8e68b448c55950e");
    expect(hex(buckets[1]!.digest)).toBe(EMPTY_DIGEST);
  });

  it("keeps its answer for a node that holds nothing", () => {
    expect(hex(summarise([]).root)).toBe("f19fdba84aaf4688c4e9bcf3f0846ce8749cc94d8bdf340be8c238e51ef784fc");
  });

  it("is what it says: the names of each bucket hashed, then all counts and digests", () => {
    fc.assert(
      fc.property(anyNames, (names) => {
        const { root, buckets } = summarise(names);
        const parts: Uint8Array[] = [];
        for (const [bucket, { count, digest }] of buckets.entries()) {
          const inBucket = names.map(chunkNameToBytes).filter((name) => name[0] === bucket);
          expect(count).toBe(inBucket.length);
          expect(digest).toEqual(sha256(...inBucket));
          parts.push(Buffer.from(count.toString(16).padStart(8, "0"), "hex"), digest);
        }
        expect(root).toEqual(sha256(...parts));
        expect(summaryRoot(buckets, sha256)).toEqual(root);
      }),
      { numRuns: 30 },
    );
  });

  it("holds more names in one bucket than it first makes room for", () => {
    const names = Array.from({ length: 1_000 }, (_, i) => `42${i.toString(16).padStart(62, "0")}` as ChunkName);
    const { buckets } = summarise(names);
    expect(buckets[0x42]!.count).toBe(1_000);
    expect(buckets[0x42]!.digest).toEqual(sha256(...names.map(chunkNameToBytes)));
  });

  it("tells two inventories apart by just the buckets in which they differ", () => {
    fc.assert(
      fc.property(anyNames, anyNames, (ours, theirs) => {
        const [a, b] = [summarise(ours), summarise(theirs)];
        const oneSided = [
          ...ours.filter((name) => !theirs.includes(name)),
          ...theirs.filter((name) => !ours.includes(name)),
        ];
        const expected = [...new Set(oneSided.map((name) => chunkNameToBytes(name)[0]!))].sort((x, y) => x - y);
        expect(differingBuckets(a.buckets, b.buckets)).toEqual(expected);
        expect(hex(a.root) === hex(b.root)).toBe(expected.length === 0);
      }),
    );
  });

  it("takes a bucket that the other side left out as different", () => {
    const { buckets } = summarise([]);
    expect(differingBuckets(buckets, buckets.slice(0, 254))).toEqual([254, 255]);
  });

  it.each([
    ["twice", ["aa".repeat(32), "aa".repeat(32)]],
    ["out of order", ["ab".repeat(32), "aa".repeat(32)]],
  ])("refuses a name %s", (_, names) => {
    expect(() => summarise(names as ChunkName[])).toThrow(AppError);
  });
});

describe("bucketBounds", () => {
  it("are those of the bucket's names: above `after`, up to `until`", () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const inside = Array.from({ length: BUCKET_COUNT }, (_, bucket) => bucket).filter((bucket) => {
          const { after, until } = bucketBounds(bucket);
          return (after === undefined || name > after) && name <= until;
        });
        expect(inside).toEqual([chunkNameToBytes(name)[0]]);
      }),
    );
    expect(bucketBounds(0)).toEqual({ after: undefined, until: `00${"ff".repeat(31)}` });
  });
});
