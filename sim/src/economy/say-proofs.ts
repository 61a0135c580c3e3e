import { signAuditAnswer } from "@commonhold/chunk/audit-answer.ts";
import { platformCrypto } from "@commonhold/chunk/platform-crypto.ts";
import type { AuditAnswer, ChunkProof } from "@commonhold/core/audit/audit-answer.ts";
import type { AuditQuestion } from "@commonhold/core/audit/audit-question.ts";
import { chunkNameToBytes } from "@commonhold/core/audit/chunk-name.ts";
import { selectLeaves } from "@commonhold/core/audit/leaf-selection.ts";
import { LEAF_SIZE_BYTES, leafLengthAt } from "@commonhold/core/audit/merkle-proof.ts";
import type { EconomyNode } from "./economy-node.ts";
import type { SealedChunk } from "./sealed-chunk.ts";

export interface Saying {
  readonly node: EconomyNode;
  readonly question: AuditQuestion;
  /** By name, what there is in the network. */
  readonly chunkOf: (name: string) => SealedChunk | undefined;
  readonly isCheating: boolean;
}

/** What a node answers, by its kind; undefined where it does not answer. */
export function sayProofs(saying: Saying): AuditAnswer | undefined {
  const { node, question } = saying;
  if (saying.isCheating && node.kind === "silent") return undefined;
  const proofs = question.chunkNames.map((name) => proofOf(saying, name));
  return signAuditAnswer(question, proofs, {
    durationUs: 1_000 * question.chunkNames.length,
    sign: (bytes) => node.identity.sign(bytes),
  });
}

function proofOf(saying: Saying, name: AuditQuestion["chunkNames"][number]): ChunkProof {
  const { node, question, isCheating } = saying;
  const state = node.copies.get(name) ?? "gone";
  const chunk = saying.chunkOf(name);
  if (chunk === undefined || (!isCheating && state !== "whole")) {
    return { kind: "lost", reason: state === "rotten" ? "CHUNK_CORRUPT" : "CHUNK_NOT_FOUND" };
  }
  const shown = node.shown.get(name);
  if (isCheating && node.kind === "replaying" && shown !== undefined) return shown;
  const proof = prove(question, chunk, isCheating ? (index) => keptLeaf(node, chunk, index) : () => true);
  if (node.kind === "replaying") node.shown.set(name, proof);
  return isCheating && node.kind === "dropping" ? madeUp(proof, node) : proof;
}

/** Whether a node that cheats still has this leaf, or can get it. */
function keptLeaf({ kind }: EconomyNode, { tree }: SealedChunk, index: number): boolean {
  if (kind === "halved") return index < tree.leafCount / 2;
  return kind === "fetching" || kind === "replaying";
}

/** As `proveChunk` does, from a tree that was built before. A leaf that is not there is shown as zeros. */
function prove(question: AuditQuestion, chunk: SealedChunk, has: (index: number) => boolean): ChunkProof {
  const { name, sealed, tree } = chunk;
  const asked = { name: chunkNameToBytes(name), leafCount: tree.leafCount };
  const leaves = selectLeaves(question, asked, platformCrypto.hmacSha256).map((index) => ({
    index,
    leaf: has(index)
      ? sealed.subarray(index * LEAF_SIZE_BYTES, (index + 1) * LEAF_SIZE_BYTES)
      : new Uint8Array(leafLengthAt(index, sealed.length)),
    path: tree.path(index),
  }));
  return { kind: "proof", chunkLength: sealed.length, leaves };
}

function madeUp(proof: ChunkProof, node: EconomyNode): ChunkProof {
  if (proof.kind === "lost") return proof;
  const leaves = proof.leaves.map((leaf) => ({ ...leaf, path: leaf.path.map(() => node.random.bytes(32)) }));
  return { ...proof, leaves };
}
