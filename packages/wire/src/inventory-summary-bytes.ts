import { createHash } from "node:crypto";
import {
  BUCKET_COUNT,
  type BucketSummary,
  type InventorySummary,
  summaryRoot,
} from "@commonhold/core/repair/inventory-summary.ts";
import { requireLength } from "./fields.ts";
import { HASH_BYTES, INVENTORY_SUMMARY_BYTES } from "./protocols.ts";

const COUNT_BYTES = 4;
const BUCKET_BYTES = COUNT_BYTES + HASH_BYTES;

/** A summary as it travels, and as its root is made: for each bucket its count as u32, big-endian, then its digest. */
export function encodeInventorySummary({ buckets }: Pick<InventorySummary, "buckets">): Uint8Array {
  const bytes = Buffer.alloc(INVENTORY_SUMMARY_BYTES);
  for (const [index, { count, digest }] of buckets.entries()) {
    bytes.writeUInt32BE(count, index * BUCKET_BYTES);
    bytes.set(digest, index * BUCKET_BYTES + COUNT_BYTES);
  }
  return bytes;
}

/** The root is computed here, not believed. @throws AppError PROTOCOL_ERROR unless it has the length of all buckets */
export function decodeInventorySummary(bytes: Uint8Array): InventorySummary {
  requireLength("summary", bytes, INVENTORY_SUMMARY_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const buckets = Array.from({ length: BUCKET_COUNT }, (_, index): BucketSummary => {
    const start = index * BUCKET_BYTES;
    return {
      count: view.getUint32(start),
      digest: Uint8Array.from(bytes.subarray(start + COUNT_BYTES, start + BUCKET_BYTES)),
    };
  });
  return { root: summaryRoot(buckets, sha256), buckets };
}

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return Uint8Array.from(hash.digest());
}
