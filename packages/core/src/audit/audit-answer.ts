import type { AuditQuestion } from "./audit-question.ts";
import type { Sha256 } from "./hash-functions.ts";

export interface ProvenLeaf {
  readonly index: number;
  /** Raw sealed bytes: 16 KiB, or what is left at the chunk's end. */
  readonly leaf: Uint8Array;
  /** Sibling hashes of 32 bytes from the leaf up to the root. */
  readonly path: readonly Uint8Array[];
}

/** Why a node says of itself that it has a chunk no more: error codes. */
export const LOSS_REASONS = ["CHUNK_NOT_FOUND", "CHUNK_CORRUPT"] as const;
export type LossReason = (typeof LOSS_REASONS)[number];

/** What a node says of one chunk. */
export type ChunkProof =
  | {
      readonly kind: "proof";
      /** Sealed bytes of the chunk; the name binds it. */
      readonly chunkLength: number;
      /** The selected leaves, in the order of selection. */
      readonly leaves: readonly ProvenLeaf[];
    }
  | { readonly kind: "lost"; readonly reason: LossReason };

export interface AuditAnswer {
  /** One for each chunk, in the order in which they were asked for. */
  readonly proofs: readonly ChunkProof[];
  /** The closing hash, 32 bytes. */
  readonly digest: Uint8Array;
  /** The node's own measure, in whole microseconds. */
  readonly durationUs: number;
  /** Ed25519 by the node over `auditStatement`. */
  readonly signature: Uint8Array;
}

/** SHA-256 iterated `difficulty` times, starting from SHA-256(seed ‖ leaf ‖ leaf ‖ …) over all leaves in order. */
export function closingDigest(
  question: Pick<AuditQuestion, "seed" | "difficulty">,
  proofs: readonly ChunkProof[],
  sha256: Sha256,
): Uint8Array {
  const parts = [question.seed];
  for (const proof of proofs) {
    if (proof.kind === "proof") for (const { leaf } of proof.leaves) parts.push(leaf);
  }
  let digest = sha256(...parts);
  for (let i = 0; i < question.difficulty; i++) digest = sha256(digest);
  return digest;
}
