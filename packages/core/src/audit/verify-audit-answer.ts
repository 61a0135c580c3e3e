import type { NodeId } from "../ids.ts";
import { type AuditAnswer, auditStatement, closingDigest } from "./audit-answer.ts";
import { type AuditQuestion, checkAuditQuestion } from "./audit-question.ts";
import { bytesEqual } from "./bytes-equal.ts";
import type { HmacSha256, Sha256 } from "./hash-functions.ts";
import { selectLeaves } from "./leaf-selection.ts";
import { HASH_LENGTH, LEAF_SIZE_BYTES, leafCountFor, verifyLeaf } from "./merkle-proof.ts";

/** Most levels of a tree over as many leaves as a safe integer of bytes has. */
const PATH_LENGTH_MAX = 40;

/**
 * malformed: no answer has this shape · signature: the node did not say this · selection: not the leaves that the
 * seed selects · leaf: a leaf or its path does not end in the chunk's name · digest: the closing hash is another.
 */
export type AuditFault = "malformed" | "signature" | "selection" | "leaf" | "digest";

export type AuditVerdict =
  | { readonly kind: "passed" }
  | { readonly kind: "wrong"; readonly fault: AuditFault; readonly leafIndex?: number };

export interface AuditVerifier {
  readonly sha256: Sha256;
  readonly hmacSha256: HmacSha256;
  /** Whether `signature` over `bytes` is this node's. */
  readonly verifySignature: (nodeId: NodeId, bytes: Uint8Array, signature: Uint8Array) => boolean;
}

/**
 * Whether `answer` shows that the node had the chunk's bytes, judged by the chunk's name alone: no copy is needed.
 * That the challenge is known, in time and not yet used is the caller's to know. Whatever the node sent gives a
 * verdict, never an error.
 * @throws AppError PROTOCOL_ERROR when the question itself is out of bounds
 */
export function verifyAuditAnswer(question: AuditQuestion, answer: AuditAnswer, verifier: AuditVerifier): AuditVerdict {
  checkAuditQuestion(question);
  if (!isWellFormed(question, answer)) return wrong("malformed");
  const { sha256, hmacSha256, verifySignature } = verifier;
  // The signature first: only what the node did say can be held against it.
  if (!verifySignature(question.nodeId, auditStatement(question, answer, sha256), answer.signature)) {
    return wrong("signature");
  }
  const { chunkLength: sealedLength, leaves } = answer;
  const selected = selectLeaves(question, leafCountFor(sealedLength), hmacSha256);
  if (selected.length !== leaves.length || leaves.some(({ index }, j) => index !== selected[j])) {
    return wrong("selection");
  }
  for (const { index, leaf, path } of leaves) {
    const proof = { name: question.chunkName, sealedLength, leafIndex: index, leaf, path };
    if (!verifyLeaf(proof, sha256)) return { kind: "wrong", fault: "leaf", leafIndex: index };
  }
  return bytesEqual(closingDigest(question, leaves, sha256), answer.digest) ? { kind: "passed" } : wrong("digest");
}

function isWellFormed(question: AuditQuestion, answer: AuditAnswer): boolean {
  const { chunkLength, leaves, digest, durationUs } = answer;
  return (
    Number.isSafeInteger(chunkLength) &&
    chunkLength >= 1 &&
    Number.isSafeInteger(durationUs) &&
    durationUs >= 0 &&
    digest.length === HASH_LENGTH &&
    leaves.length <= question.leafCount &&
    leaves.every(
      ({ index, leaf, path }) =>
        Number.isSafeInteger(index) &&
        index >= 0 &&
        leaf.length <= LEAF_SIZE_BYTES &&
        path.length <= PATH_LENGTH_MAX &&
        path.every((hash) => hash.length === HASH_LENGTH),
    )
  );
}

function wrong(fault: AuditFault): AuditVerdict {
  return { kind: "wrong", fault };
}
