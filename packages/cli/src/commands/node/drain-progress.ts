import { formatByteSize } from "@commonhold/core/byte-size.ts";
import type { NodeStatus } from "../../roles/node-admin.ts";

/** How far a drain is, for people. */
export function drainProgressOf({ drain, safe_to_stop: isSafe, storage }: NodeStatus): string {
  if (isSafe) return "every copy stands elsewhere, it is safe to stop";
  if (drain === undefined || drain === null) {
    return `the coordinator has not said yet how many of its ${storage.chunk_count} chunks others do not hold`;
  }
  const { chunks_left: chunks, bytes_left: bytes } = drain;
  return `${chunks} ${chunks === 1 ? "chunk" : "chunks"} (${formatByteSize(bytes)}) left to copy elsewhere`;
}
