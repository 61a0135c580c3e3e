import { AppError } from "@commonhold/core/app-error.ts";
import { type AuditAnswer, type ChunkProof, closingDigest } from "@commonhold/core/audit/audit-answer.ts";
import { type AuditQuestion, checkAuditQuestion } from "@commonhold/core/audit/audit-question.ts";
import { auditStatement, hashProvenLeaves } from "@commonhold/core/audit/audit-statement.ts";
import { chunkNameFor, chunkNameToBytes } from "@commonhold/core/audit/chunk-name.ts";
import { selectLeaves } from "@commonhold/core/audit/leaf-selection.ts";
import { LEAF_SIZE_BYTES } from "@commonhold/core/audit/merkle-proof.ts";
import {
  type AuditVerdict,
  verifyAuditAnswer as verifyAuditAnswerBy,
} from "@commonhold/core/audit/verify-audit-answer.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import { chunkTreeOf } from "./merkle.ts";
import { platformCrypto } from "./platform-crypto.ts";

/** What selects the leaves of a chunk. */
export type LeafQuestion = Pick<AuditQuestion, "selectionId" | "seed" | "leafCount">;

/**
 * A node's proof that it holds a chunk, made by reading all of it: the whole tree is built anew, so an audit finds
 * rot anywhere in the chunk, not only in the leaves that were asked for. The leaves are copies, so that the memory of
 * the chunk can be used for the next.
 * @throws AppError CHUNK_CORRUPT when the bytes are not the chunk's, WRONG_CHUNK_LENGTH for no bytes
 */
export function proveChunk(sealed: Uint8Array, chunkName: ChunkName, question: LeafQuestion): ChunkProof {
  const { sha256, hmacSha256 } = platformCrypto;
  const tree = chunkTreeOf(sealed);
  if (chunkNameFor(tree.root, sealed.length, sha256) !== chunkName) {
    throw new AppError("CHUNK_CORRUPT", `the ${sealed.length} bytes held as chunk ${chunkName} are not its own`);
  }
  const asked = { name: chunkNameToBytes(chunkName), leafCount: tree.leafCount };
  const leaves = selectLeaves(question, asked, hmacSha256).map((index) => ({
    index,
    leaf: new Uint8Array(sealed.subarray(index * LEAF_SIZE_BYTES, (index + 1) * LEAF_SIZE_BYTES)),
    path: tree.path(index),
  }));
  return { kind: "proof", chunkLength: sealed.length, leaves };
}

/**
 * The answer that a node sends: what it says of each chunk in the order of the question, closed and signed.
 * @param node `durationUs` is the node's own measure, reading included; `sign` is Ed25519 by the node's identity
 * @throws AppError PROTOCOL_ERROR for a question out of bounds
 */
export function signAuditAnswer(
  question: AuditQuestion,
  proofs: readonly ChunkProof[],
  node: { readonly durationUs: number; readonly sign: (bytes: Uint8Array) => Uint8Array },
): AuditAnswer {
  checkAuditQuestion(question);
  const { sha256 } = platformCrypto;
  const answer = {
    proofs,
    digest: closingDigest(question, proofs, sha256),
    durationUs: Math.max(0, Math.round(node.durationUs)),
  };
  const leafHashes = hashProvenLeaves(proofs, sha256);
  return { ...answer, signature: node.sign(auditStatement(question, { answer, leafHashes }, sha256)) };
}

/**
 * The verifier's side, with this platform's hashes: see `verifyAuditAnswer` of core, which it calls.
 * @throws AppError PROTOCOL_ERROR when the question itself is out of bounds
 */
export function verifyAuditAnswer(
  question: AuditQuestion,
  answer: AuditAnswer,
  verifySignature: (nodeId: NodeId, bytes: Uint8Array, signature: Uint8Array) => boolean,
): AuditVerdict {
  const { sha256, hmacSha256 } = platformCrypto;
  return verifyAuditAnswerBy(question, answer, { sha256, hmacSha256, verifySignature });
}
