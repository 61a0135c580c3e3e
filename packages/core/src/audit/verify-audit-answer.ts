import type { NodeId } from "../ids.ts";
import { type AuditAnswer, type ChunkProof, closingDigest, LOSS_REASONS, type ProvenLeaf } from "./audit-answer.ts";
import { type AuditQuestion, checkAuditQuestion } from "./audit-question.ts";
import { auditStatement, hashProvenLeaves } from "./audit-statement.ts";
import { bytesEqual } from "./bytes-equal.ts";
import { chunkNameBytesFor, chunkNameToBytes } from "./chunk-name.ts";
import type { HmacSha256, Sha256 } from "./hash-functions.ts";
import { selectLeaves } from "./leaf-selection.ts";
import { HASH_LENGTH, LEAF_SIZE_BYTES, leafCountFor, leafLengthAt, rootFromPath } from "./merkle-proof.ts";

/** Most levels of a tree over as many leaves as a safe integer of bytes has. */
const PATH_LENGTH_MAX = 40;

/** What makes a whole answer wrong, with a sentence for people. */
export const ANSWER_FAULTS = {
  malformed: "no answer has this shape",
  count: "it does not answer for each of the chunks that were asked for",
  signature: "its signature is not the node's, or not for this challenge",
  digest: "its closing hash is not that of the seed and the leaves",
} as const;
export type AnswerFault = keyof typeof ANSWER_FAULTS;

/** What makes the answer for one chunk wrong, with a sentence for people. */
export const CHUNK_FAULTS = {
  selection: "it shows other leaves than those that the seed selects",
  leaf: "a leaf or its path does not end in the chunk's name",
} as const;
export type ChunkFault = keyof typeof CHUNK_FAULTS;

/** lost: the node itself says so; the answer's proof says why. */
export type ChunkVerdict = "passed" | "lost" | { readonly wrong: ChunkFault };

/** Chunks in the order of the question. */
export type AuditVerdict =
  | { readonly kind: "wrong"; readonly why: AnswerFault }
  | { readonly kind: "judged"; readonly chunks: readonly ChunkVerdict[] };

export interface AuditVerifier {
  readonly sha256: Sha256;
  readonly hmacSha256: HmacSha256;
  /** Whether `signature` over `bytes` is this node's. */
  readonly verifySignature: (nodeId: NodeId, bytes: Uint8Array, signature: Uint8Array) => boolean;
}

/**
 * Whether `answer` shows that the node had the bytes of the chunks, judged by their names alone: no copy is needed.
 * That the challenge is known, in time and not yet used is the caller's to know. Whatever the node sent gives a
 * verdict, never an error.
 * @throws AppError PROTOCOL_ERROR when the question itself is out of bounds
 */
export function verifyAuditAnswer(question: AuditQuestion, answer: AuditAnswer, verifier: AuditVerifier): AuditVerdict {
  checkAuditQuestion(question);
  const { proofs } = answer;
  if (proofs.length !== question.chunkNames.length) return wrong("count");
  if (!isWellFormed(question, answer)) return wrong("malformed");
  const { sha256, verifySignature } = verifier;
  const leafHashes = hashProvenLeaves(proofs, sha256);
  const statement = auditStatement(question, { answer, leafHashes }, sha256);
  // The signature first: only what the node did say can be held against it.
  if (!verifySignature(question.nodeId, statement, answer.signature)) return wrong("signature");
  if (!bytesEqual(closingDigest(question, proofs, sha256), answer.digest)) return wrong("digest");
  const chunks = proofs.map((proof, i): ChunkVerdict => {
    if (proof.kind === "lost") return "lost";
    const shown = { name: chunkNameToBytes(question.chunkNames[i]!), proof, leafHashes: leafHashes[i]! };
    return judgeChunk(question, shown, verifier);
  });
  return { kind: "judged", chunks };
}

interface ShownChunk {
  readonly name: Uint8Array;
  readonly proof: Extract<ChunkProof, { readonly kind: "proof" }>;
  readonly leafHashes: readonly Uint8Array[];
}

function judgeChunk(question: AuditQuestion, shown: ShownChunk, { sha256, hmacSha256 }: AuditVerifier): ChunkVerdict {
  const { name, leafHashes } = shown;
  const { chunkLength, leaves } = shown.proof;
  const leafCount = leafCountFor(chunkLength);
  const selected = selectLeaves(question, { name, leafCount }, hmacSha256);
  if (selected.length !== leaves.length || leaves.some(({ index }, j) => index !== selected[j])) {
    return { wrong: "selection" };
  }
  const isOfChunk = leaves.every(({ index, leaf, path }, j) => {
    if (leaf.length !== leafLengthAt(index, chunkLength)) return false;
    const root = rootFromPath({ leafHash: leafHashes[j]!, leafIndex: index, leafCount, path }, sha256);
    return root !== undefined && bytesEqual(chunkNameBytesFor(root, chunkLength, sha256), name);
  });
  return isOfChunk ? "passed" : { wrong: "leaf" };
}

function isWellFormed(question: AuditQuestion, { proofs, digest, durationUs }: AuditAnswer): boolean {
  return (
    isSafeCount(durationUs, 0) &&
    digest.length === HASH_LENGTH &&
    proofs.every((proof) =>
      proof.kind === "lost"
        ? LOSS_REASONS.includes(proof.reason)
        : isSafeCount(proof.chunkLength, 1) &&
          proof.leaves.length <= question.leafCount &&
          proof.leaves.every(isWellFormedLeaf),
    )
  );
}

function isWellFormedLeaf({ index, leaf, path }: ProvenLeaf): boolean {
  return (
    isSafeCount(index, 0) &&
    leaf.length <= LEAF_SIZE_BYTES &&
    path.length <= PATH_LENGTH_MAX &&
    path.every((hash) => hash.length === HASH_LENGTH)
  );
}

function isSafeCount(value: number, min: number): boolean {
  return Number.isSafeInteger(value) && value >= min;
}

function wrong(why: AnswerFault): AuditVerdict {
  return { kind: "wrong", why };
}
