import { proveChunk, signAuditProof } from "@commonhold/chunk/audit-answer.ts";
import { hasCode } from "@commonhold/core/app-error.ts";
import { checkAuditQuestion } from "@commonhold/core/audit/audit-question.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import type { ProofAnswer, ProofChallenge } from "@commonhold/wire/exchanges/proof-challenge.ts";
import type { ChunkStore } from "../chunk-store/chunk-store.ts";

/**
 * Answers a challenge by reading the whole chunk and rebuilding its tree, so that every audit is a scrub of that chunk.
 * @throws AppError CHUNK_NOT_FOUND, CHUNK_CORRUPT (the chunk is out of service then), PROTOCOL_ERROR
 */
export type ProveChunk = (challenge: ProofChallenge) => Promise<ProofAnswer>;

export interface ProveChunkDeps {
  readonly store: Pick<ChunkStore, "read" | "markDamaged">;
  readonly clock: Clock;
  readonly identity: { readonly peerId: string; sign(bytes: Uint8Array): Uint8Array };
}

export function createProveChunk({ store, clock, identity }: ProveChunkDeps): ProveChunk {
  return async (challenge) => {
    const startedMs = clock.monotonicMs();
    const question = { ...challenge, nodeId: identity.peerId as NodeId };
    checkAuditQuestion(question);
    try {
      const proof = proveChunk(await store.read(challenge.chunkName, { isUse: false }), question);
      return signAuditProof(proof, question, {
        durationUs: (clock.monotonicMs() - startedMs) * 1000,
        sign: (bytes) => identity.sign(bytes),
      });
    } catch (error) {
      if (hasCode(error, "CHUNK_CORRUPT")) store.markDamaged(challenge.chunkName);
      throw error;
    }
  };
}
