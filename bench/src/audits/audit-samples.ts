import { generateKeyPairSync, randomBytes, sign, verify } from "node:crypto";
import { proveChunk, signAuditAnswer } from "@commonhold/chunk/audit-answer.ts";
import { chunkNameOf } from "@commonhold/chunk/merkle.ts";
import type { AuditAnswer } from "@commonhold/core/audit/audit-answer.ts";
import { AUDIT_DIFFICULTY_DEFAULT, type AuditQuestion } from "@commonhold/core/audit/audit-question.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";

const NODE_ID = `12D3KooW${"A".repeat(44)}` as NodeId;
const KEYS = generateKeyPairSync("ed25519");
/** The largest plaintext of a chunk, and the tag of its seal. */
const SEALED_LENGTH = 4 * 1024 * 1024 + 16;

export interface SampleChunk {
  readonly name: ChunkName;
  readonly sealed: Uint8Array;
}

/** A question and its right answer. */
export interface AuditSample {
  readonly question: AuditQuestion;
  readonly answer: AuditAnswer;
}

/** Chunks of the largest size, random. */
export function sampleChunks(count: number): readonly SampleChunk[] {
  return Array.from({ length: count }, () => {
    const sealed = new Uint8Array(randomBytes(SEALED_LENGTH));
    return { name: chunkNameOf(sealed), sealed };
  });
}

/** One leaf of each chunk, by a seed of its own. */
export function sampleAudit(chunks: readonly SampleChunk[]): AuditSample {
  const challengeId = randomBytes(16);
  const question: AuditQuestion = {
    challengeId,
    selectionId: challengeId,
    nodeId: NODE_ID,
    chunkNames: chunks.map(({ name }) => name),
    seed: randomBytes(32),
    leafCount: 1,
    difficulty: AUDIT_DIFFICULTY_DEFAULT,
  };
  const proofs = chunks.map(({ name, sealed }) => proveChunk(sealed, name, question));
  const signAs = (bytes: Uint8Array) => new Uint8Array(sign(null, bytes, KEYS.privateKey));
  return { question, answer: signAuditAnswer(question, proofs, { durationUs: 10_000, sign: signAs }) };
}

/** Whether the node of these samples signed. */
export function verifySample(nodeId: NodeId, bytes: Uint8Array, signature: Uint8Array): boolean {
  return nodeId === NODE_ID && verify(null, bytes, KEYS.publicKey, signature);
}
