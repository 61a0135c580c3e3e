import { createHmac, hash } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { ChunkName, NodeId } from "../ids.ts";
import { fuzzRuns } from "../testing/fuzz.ts";
import type { AuditAnswer, ChunkProof } from "./audit-answer.ts";
import { closingDigest } from "./audit-answer.ts";
import type { AuditQuestion } from "./audit-question.ts";
import { chunkNameFor } from "./chunk-name.ts";
import type { HmacSha256, Sha256 } from "./hash-functions.ts";
import { selectLeaves } from "./leaf-selection.ts";
import { hashLeaf, hashNode } from "./merkle-proof.ts";
import { verifyAuditAnswer } from "./verify-audit-answer.ts";

const sha256: Sha256 = (...parts) => new Uint8Array(hash("sha256", Buffer.concat(parts), "buffer"));
const hmacSha256: HmacSha256 = (key, ...parts) =>
  new Uint8Array(createHmac("sha256", key).update(Buffer.concat(parts)).digest());

/** A chunk of two leaves, and the path of each. */
const LEAVES = [new Uint8Array(16_384).fill(1), new Uint8Array(1000).fill(2)] as const;
const LENGTH = LEAVES[0].length + LEAVES[1].length;
const HASHES = LEAVES.map((leaf) => hashLeaf(leaf, sha256));
const NAME = chunkNameFor(hashNode(HASHES[0]!, HASHES[1]!, sha256), LENGTH, sha256);

const QUESTION: AuditQuestion = {
  challengeId: new Uint8Array(16),
  selectionId: new Uint8Array(16),
  nodeId: `12D3KooW${"A".repeat(44)}` as NodeId,
  chunkNames: [NAME, "ab".repeat(32) as ChunkName],
  seed: new Uint8Array(32),
  leafCount: 2,
  difficulty: 1,
};
const NAME_BYTES = new Uint8Array(Buffer.from(NAME, "hex"));
const RIGHT = {
  kind: "proof" as const,
  chunkLength: LENGTH,
  leaves: selectLeaves(QUESTION, { name: NAME_BYTES, leafCount: 2 }, hmacSha256).map((index) => ({
    index,
    leaf: LEAVES[index]!,
    path: [HASHES[1 - index]!],
  })),
};

// Most parts have a shape that is let in, so that what is behind the first looks is reached as well.
const oddNumber = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 0.5, -1, 2 ** 53);
const anyNumber = fc.oneof(
  { weight: 12, arbitrary: fc.nat(2) },
  { weight: 12, arbitrary: fc.constantFrom(LENGTH, LENGTH - 1) },
  { weight: 6, arbitrary: fc.maxSafeNat() },
  { weight: 1, arbitrary: oddNumber },
);
const anyLeafBytes = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(...LEAVES, ...HASHES, new Uint8Array(0)) },
  { weight: 1, arbitrary: fc.constant(new Uint8Array(16_385)) },
);
const anyHash = fc.oneof(
  { weight: 40, arbitrary: fc.constantFrom(...HASHES) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 33 }) },
);
const anyLeaf = fc.oneof(
  fc.constantFrom(...RIGHT.leaves),
  fc.record({ index: anyNumber, leaf: anyLeafBytes, path: fc.array(anyHash, { maxLength: 3 }) }),
  fc.record({ index: fc.nat(1), leaf: anyLeafBytes, path: fc.array(anyHash, { minLength: 1, maxLength: 1 }) }),
);
const anyProof: fc.Arbitrary<ChunkProof> = fc.oneof(
  fc.constant(RIGHT),
  fc.record({
    kind: fc.constant("proof" as const),
    chunkLength: anyNumber,
    leaves: fc.array(anyLeaf, { maxLength: 3 }),
  }),
  fc.constant({ kind: "lost", reason: "CHUNK_CORRUPT" } as const),
  fc.constantFrom("", "BORED", "CHUNK_CORRUPT").map((reason) => ({ kind: "lost", reason }) as ChunkProof),
);
const anyProofs = fc.oneof(
  { weight: 9, arbitrary: fc.array(anyProof, { minLength: 2, maxLength: 2 }) },
  { weight: 1, arbitrary: fc.array(anyProof, { maxLength: 3 }) },
);

it("whatever a node says gives a verdict, and nothing but the right leaves passes", () => {
  const anyAnswer = fc.record({
    proofs: anyProofs,
    durationUs: anyNumber,
    signature: fc.uint8Array({ maxLength: 65 }),
    digest: fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: anyHash }),
  });
  const anySignature = fc.nat(9).map((chance) => chance > 0);
  fc.assert(
    fc.property(anyAnswer, anySignature, ({ digest, ...said }, isSigned) => {
      // Mostly the closing hash fits, so that what is behind it is reached.
      const answer: AuditAnswer = { ...said, digest: digest ?? closingDigest(QUESTION, said.proofs, sha256) };
      const verdict = verifyAuditAnswer(QUESTION, answer, { sha256, hmacSha256, verifySignature: () => isSigned });
      if (!isSigned) expect(verdict.kind).toBe("wrong");
      if (verdict.kind === "wrong") return;
      expect(verdict.chunks).toHaveLength(2);
      expect(verdict.chunks[1]).not.toBe("passed");
      for (const [i, chunk] of verdict.chunks.entries()) {
        expect(chunk === "lost").toBe(answer.proofs[i]!.kind === "lost");
        if (chunk === "passed") expect(answer.proofs[i]).toEqual(RIGHT);
      }
    }),
    fuzzRuns(1500),
  );
});

it("the right answer passes", () => {
  const proofs: readonly ChunkProof[] = [RIGHT, { kind: "lost", reason: "CHUNK_NOT_FOUND" }];
  const answer = {
    proofs,
    digest: closingDigest(QUESTION, proofs, sha256),
    durationUs: 1,
    signature: new Uint8Array(64),
  };
  const verdict = verifyAuditAnswer(QUESTION, answer, { sha256, hmacSha256, verifySignature: () => true });
  expect(verdict).toEqual({ kind: "judged", chunks: ["passed", "lost"] });
});
