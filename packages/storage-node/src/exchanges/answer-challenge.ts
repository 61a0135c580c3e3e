import { proveChunk, signAuditAnswer } from "@commonhold/chunk/audit-answer.ts";
import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import type { AuditAnswer, ChunkProof, LossReason } from "@commonhold/core/audit/audit-answer.ts";
import { AUDIT_SEALED_BYTES_MAX, checkAuditQuestion } from "@commonhold/core/audit/audit-question.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { BufferLease, BufferSource } from "@commonhold/runtime/buffer-pool.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { ProofChallenge } from "@commonhold/wire/exchanges/proof-challenge.ts";
import type { ChunkStore } from "../chunk-store/chunk-store.ts";
import { Turns } from "../chunk-store/turns.ts";

/** Who asked, and until when the answer is of use. */
export interface Challenger {
  readonly peerId: string;
  readonly signal: AbortSignal;
}

/**
 * Answers a challenge by reading every chunk of it whole and rebuilding its tree, so that every audit is a scrub of
 * these chunks: what is gone or rotten is said to be lost, and taken out of service. One challenge of a peer at a time;
 * further ones wait, as many as the exchange's limits let in.
 * @throws AppError PROTOCOL_ERROR, STORAGE_FAILURE, or the signal's reason
 */
export type AnswerChallenge = (challenge: ProofChallenge, challenger: Challenger) => Promise<AuditAnswer>;

export interface AnswerChallengeDeps {
  readonly store: Pick<ChunkStore, "read" | "markDamaged" | "verify">;
  /** For one chunk of each challenge at a time. */
  readonly buffers: BufferSource;
  readonly clock: Clock;
  readonly identity: { readonly peerId: string; sign(bytes: Uint8Array): Uint8Array };
  readonly logger: Pick<Logger, "warn" | "debug">;
}

export function createAnswerChallenge(deps: AnswerChallengeDeps): AnswerChallenge {
  const { clock, identity, logger } = deps;
  const turns = new Turns<string>();
  return async (challenge, { peerId, signal }) => {
    const startedMs = clock.monotonicMs();
    const question = { ...challenge, nodeId: identity.peerId as NodeId };
    checkAuditQuestion(question);
    // With which the operator can hold the coordinator to the key that it publishes.
    const { challengeId, seed, chunkNames: chunks } = challenge;
    logger.debug({ challenge_id: hex(challengeId), seed: hex(seed), chunks: chunks.length }, "an audit is asked for");
    return await turns.run([peerId], async () => {
      const proofs = await proveChunks(deps, challenge, signal);
      const durationMs = clock.monotonicMs() - startedMs;
      const { deadlineMs, chunkNames } = challenge;
      if (durationMs > deadlineMs) {
        const chunks = chunkNames.length;
        logger.warn({ durationMs, deadlineMs, chunks }, "answered an audit too late: the disk or this machine is slow");
      }
      const durationUs = durationMs * 1000;
      return signAuditAnswer(question, proofs, { durationUs, sign: (bytes) => identity.sign(bytes) });
    });
  };
}

async function proveChunks(
  deps: AnswerChallengeDeps,
  challenge: ProofChallenge,
  signal: AbortSignal,
): Promise<readonly ChunkProof[]> {
  const proofs: ChunkProof[] = [];
  let bytes = 0;
  for (const chunkName of challenge.chunkNames) {
    signal.throwIfAborted();
    const proof = await proveOne(deps, chunkName, challenge);
    if (proof.kind === "proof") bytes += proof.chunkLength;
    if (bytes > AUDIT_SEALED_BYTES_MAX) {
      throw new AppError(
        "PROTOCOL_ERROR",
        `the chunks of a challenge have more than ${AUDIT_SEALED_BYTES_MAX} bytes together; ask for fewer at once`,
      );
    }
    proofs.push(proof);
  }
  return proofs;
}

async function proveOne(
  deps: AnswerChallengeDeps,
  chunkName: ChunkName,
  challenge: ProofChallenge,
): Promise<ChunkProof> {
  let memory: BufferLease | undefined;
  const allocate = (length: number): Uint8Array => (memory = deps.buffers.lease(length)).bytes;
  try {
    return proveChunk(await deps.store.read(chunkName, { isUse: false, allocate }), chunkName, challenge);
  } catch (error) {
    const reason = await lossBehind(deps.store, chunkName, error);
    if (reason === undefined) throw error;
    return { kind: "lost", reason };
  } finally {
    memory?.release();
  }
}

/** Why the chunk is lost, where that is what an error says; the store then knows of it too. */
async function lossBehind(
  store: AnswerChallengeDeps["store"],
  chunkName: ChunkName,
  error: unknown,
): Promise<LossReason | undefined> {
  if (hasCode(error, "CHUNK_NOT_FOUND")) return "CHUNK_NOT_FOUND";
  if (hasCode(error, "CHUNK_CORRUPT", "WRONG_CHUNK_LENGTH")) {
    store.markDamaged(chunkName);
    return "CHUNK_CORRUPT";
  }
  if (!hasCode(error, "STORAGE_FAILURE")) return undefined;
  // One bad sector must not keep the other chunks of the batch from being shown.
  const { kind } = await store.verify(chunkName);
  if (kind === "whole") return undefined;
  return kind === "unreadable" || kind === "damaged" ? "CHUNK_CORRUPT" : "CHUNK_NOT_FOUND";
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
