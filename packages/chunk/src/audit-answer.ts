import { AppError } from "@commonhold/core/app-error.ts";
import {
  type AuditAnswer,
  type AuditProof,
  auditStatement,
  closingDigest,
} from "@commonhold/core/audit/audit-answer.ts";
import { type AuditQuestion, checkAuditQuestion } from "@commonhold/core/audit/audit-question.ts";
import { chunkNameFor } from "@commonhold/core/audit/chunk-name.ts";
import { selectLeaves } from "@commonhold/core/audit/leaf-selection.ts";
import { LEAF_SIZE_BYTES } from "@commonhold/core/audit/merkle-proof.ts";
import {
  type AuditVerdict,
  verifyAuditAnswer as verifyAuditAnswerBy,
} from "@commonhold/core/audit/verify-audit-answer.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import { chunkTreeOf } from "./merkle.ts";
import { platformCrypto } from "./platform-crypto.ts";

/**
 * A node's proof that it holds a chunk, made by reading all of it: the whole tree is built anew, so an audit finds
 * rot anywhere in the chunk, not only in the leaves that were asked for. The leaves are views into `sealed`.
 * @throws AppError PROTOCOL_ERROR for a question out of bounds, CHUNK_CORRUPT when the bytes are not the chunk's,
 *   WRONG_CHUNK_LENGTH for no bytes
 */
export function proveChunk(sealed: Uint8Array, question: AuditQuestion): AuditProof {
  checkAuditQuestion(question);
  const { sha256, hmacSha256 } = platformCrypto;
  const tree = chunkTreeOf(sealed);
  if (chunkNameFor(tree.root, sealed.length, sha256) !== question.chunkName) {
    throw new AppError(
      "CHUNK_CORRUPT",
      `the ${sealed.length} bytes held as chunk ${question.chunkName} are not its own`,
    );
  }
  const leaves = selectLeaves(question, tree.leafCount, hmacSha256).map((index) => ({
    index,
    leaf: sealed.subarray(index * LEAF_SIZE_BYTES, (index + 1) * LEAF_SIZE_BYTES),
    path: tree.path(index),
  }));
  return { chunkLength: sealed.length, leaves, digest: closingDigest(question, leaves, sha256) };
}

/**
 * The answer that a node sends: its proof, signed.
 * @param node `durationUs` is the node's own measure, reading included; `sign` is Ed25519 by the node's identity
 */
export function signAuditProof(
  proof: AuditProof,
  question: AuditQuestion,
  node: { readonly durationUs: number; readonly sign: (bytes: Uint8Array) => Uint8Array },
): AuditAnswer {
  const unsigned = { ...proof, durationUs: Math.max(0, Math.round(node.durationUs)) };
  return { ...unsigned, signature: node.sign(auditStatement(question, unsigned, platformCrypto.sha256)) };
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
