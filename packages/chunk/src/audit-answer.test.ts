import { generateKeyPairSync, sign, verify } from "node:crypto";
import { hasCode } from "@commonhold/core/app-error.ts";
import type { AuditAnswer } from "@commonhold/core/audit/audit-answer.ts";
import type { AuditQuestion } from "@commonhold/core/audit/audit-question.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { proveChunk, signAuditProof, verifyAuditAnswer } from "./audit-answer.ts";
import { chunkNameOf } from "./merkle.ts";
import { filledBytes, hex, noiseBytes, patternBytes, withBitFlipped } from "./testing/test-bytes.ts";

const LEAF = 16_384;
const NODE = `12D3KooW${"A".repeat(44)}` as NodeId;
const OTHER_NODE = `12D3KooW${"B".repeat(44)}` as NodeId;
const KEYS = new Map([NODE, OTHER_NODE].map((id) => [id, generateKeyPairSync("ed25519")]));

function verifySignature(nodeId: NodeId, bytes: Uint8Array, signature: Uint8Array): boolean {
  const keys = KEYS.get(nodeId);
  return keys !== undefined && verify(null, bytes, keys.publicKey, signature);
}

function questionFor(sealed: Uint8Array, change: Partial<AuditQuestion> = {}): AuditQuestion {
  return {
    challengeId: filledBytes(16, 0xc1),
    nodeId: NODE,
    chunkName: chunkNameOf(sealed),
    seed: filledBytes(32, 0x5e),
    leafCount: 4,
    difficulty: 3,
    ...change,
  };
}

function answerTo(question: AuditQuestion, sealed: Uint8Array): AuditAnswer {
  return signed(question, { ...proveChunk(sealed, question), durationUs: 1234.4 });
}

/** What the asked node would sign, whatever it says. */
function signed(question: AuditQuestion, answer: Omit<AuditAnswer, "signature">): AuditAnswer {
  const { privateKey } = KEYS.get(question.nodeId)!;
  return signAuditProof(answer, question, {
    durationUs: answer.durationUs,
    sign: (bytes) => new Uint8Array(sign(null, bytes, privateKey)),
  });
}

function verdictOn(question: AuditQuestion, answer: AuditAnswer) {
  return verifyAuditAnswer(question, answer, verifySignature);
}

const PASSED = { kind: "passed" };

describe("proveChunk", () => {
  it("keeps to its golden vector", () => {
    const sealed = patternBytes(5 * LEAF + 1000);
    const proof = proveChunk(sealed, questionFor(sealed));
    expect(chunkNameOf(sealed)).toBe("c3bbb01e73a26f4019547c70ffb6f77168d8a9cf3209c38090bfdedea8beaaef");
    expect(proof.chunkLength).toBe(sealed.length);
    expect(hex(proof.digest)).toBe("4fa640276190f98e84bd646156e1abde822afa35913a4a2b68a2395015b98fd1");
    expect(proof.leaves.map(({ index, leaf, path }) => [index, leaf.length, ...path.map(hex)])).toEqual([
      [
        3,
        LEAF,
        "f1fcccd8cdad77ed2efb455c2ef7bfbcdab395d12be66c00982b92f98f90b557",
        "08afc4434daae337a7ce4f60e85c8755263f365b7c58c56ad77b17bf0cc40b1c",
        "52c6c5ff9cee35c514379912649ac586e0c29bcc0148f9c9cb57109ac86d4243",
      ],
      [
        4,
        LEAF,
        "1161d02af0cddc47646fbc912ccf049e0e034dffa303b1f9f7b09b51a9473bf0",
        "e1f29123858271dc1fc7417fe4ea89997f0f8b395fc4972fce08cf6f69071a1e",
      ],
      [
        0,
        LEAF,
        "793c113afe0e340f5dfadf2b5bb44758faae676994ca023516a0d3da3987cac4",
        "0001374e793de48a1aa5e2f9d8909f8163d813fe9d9ad4721e6b88bcf7918e96",
        "52c6c5ff9cee35c514379912649ac586e0c29bcc0148f9c9cb57109ac86d4243",
      ],
    ]);
  });

  it("finds rot anywhere in the chunk, also where nobody asked", () => {
    const sealed = noiseBytes(9 * LEAF);
    const question = questionFor(sealed, { leafCount: 1 });
    for (let leaf = 0; leaf < 9; leaf++) {
      const rotten = withBitFlipped(sealed, leaf * LEAF * 8 + 5);
      expect(() => proveChunk(rotten, question)).toThrow(
        expect.toSatisfy((error: unknown) => hasCode(error, "CHUNK_CORRUPT")),
      );
    }
  });

  it("refuses a question out of bounds before it reads the chunk", () => {
    const sealed = noiseBytes(100);
    const question = questionFor(sealed, { difficulty: 1_000_000_000 });
    expect(() => proveChunk(new Uint8Array(0), question)).toThrow("difficulty");
  });
});

describe("an honest answer", () => {
  it("passes", () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.integer({ min: 1, max: 12 * LEAF }), fc.nat(255)),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.integer({ min: 1, max: 20 }),
        ([length, noise], seed, count) => {
          const sealed = noiseBytes(length, noise);
          const question = questionFor(sealed, { seed, leafCount: count, difficulty: count });
          expect(verdictOn(question, answerTo(question, sealed))).toEqual(PASSED);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("passes for the largest chunk", () => {
    const sealed = noiseBytes(4 * 1024 * 1024 + 16);
    const question = questionFor(sealed, { leafCount: 20, difficulty: 1000 });
    const answer = answerTo(question, sealed);
    expect(answer.leaves.length).toBeGreaterThan(15);
    expect(answer.durationUs).toBe(1234);
    expect(verdictOn(question, answer)).toEqual(PASSED);
  });
});

describe("a dishonest answer", () => {
  const sealed = noiseBytes(20 * LEAF + 7);
  const question = questionFor(sealed, { leafCount: 8 });
  const answer = answerTo(question, sealed);

  it("that leaves out half of the leaves is wrong, whichever half", () => {
    const half = answer.leaves.length / 2;
    for (const leaves of [
      answer.leaves.slice(half),
      answer.leaves.slice(0, half),
      answer.leaves.filter((_, i) => i % 2 === 0),
    ]) {
      expect(verdictOn(question, signed(question, { ...answer, leaves }))).toMatchObject({ fault: "selection" });
    }
  });

  it("of a node that kept half of the leaves is wrong when a missing one is asked for", () => {
    // It kept the whole tree of hashes and every even leaf; the rest it fills with zeros.
    const leaves = answer.leaves.map((proven) =>
      proven.index % 2 === 0 ? proven : { ...proven, leaf: new Uint8Array(proven.leaf.length) },
    );
    expect(leaves.some(({ index }) => index % 2 === 1)).toBe(true);
    expect(verdictOn(question, signed(question, { ...answer, leaves }))).toMatchObject({ fault: "leaf" });
  });

  it("is wrong when it was given to another challenge, node or chunk, or to another seed", () => {
    const other = noiseBytes(sealed.length, 1);
    for (const change of [
      { challengeId: filledBytes(16, 0xc2) },
      { nodeId: OTHER_NODE },
      { chunkName: chunkNameOf(other) },
      { seed: filledBytes(32, 0x5f) },
    ]) {
      const asked = { ...question, ...change };
      expect(verdictOn(asked, answer)).toMatchObject({ kind: "wrong" });
      expect(verdictOn(asked, answerTo(asked, change.chunkName === undefined ? sealed : other))).toEqual(PASSED);
      // Signing an old answer anew helps only where the selection and the closing hash happen to be the same.
      if (change.nodeId === undefined) expect(verdictOn(asked, signed(asked, answer))).toMatchObject({ kind: "wrong" });
    }
  });

  it("is wrong for another challenge even when the chunk has one leaf, which is always the one selected", () => {
    const small = noiseBytes(1000);
    const first = questionFor(small);
    const second = questionFor(small, { challengeId: filledBytes(16, 0xc2) });
    expect(verdictOn(first, answerTo(first, small))).toEqual(PASSED);
    expect(verdictOn(second, answerTo(first, small))).toEqual({ kind: "wrong", fault: "signature" });
  });

  it("is wrong with any bit of it flipped, signed anew or not", () => {
    const flippedAt = (bit: number): Omit<AuditAnswer, "signature">[] => [
      { ...answer, digest: withBitFlipped(answer.digest, bit % 256) },
      ...answer.leaves.flatMap((proven, i) => {
        const leaf = withBitFlipped(proven.leaf, bit % (proven.leaf.length * 8));
        const level = bit % proven.path.length;
        const path = proven.path.with(level, withBitFlipped(proven.path[level]!, bit % 256));
        return [
          { ...proven, leaf },
          { ...proven, path },
          { ...proven, index: proven.index ^ 1 },
        ].map((changed) => ({
          ...answer,
          leaves: answer.leaves.with(i, changed),
        }));
      }),
    ];
    fc.assert(
      fc.property(fc.nat(), (bit) => {
        for (const changed of flippedAt(bit)) {
          const replayed = { ...changed, signature: answer.signature };
          expect(verdictOn(question, replayed)).toEqual({ kind: "wrong", fault: "signature" });
          expect(verdictOn(question, signed(question, changed))).toMatchObject({ kind: "wrong" });
        }
        const signature = withBitFlipped(answer.signature, bit % 512);
        expect(verdictOn(question, { ...answer, signature })).toEqual({ kind: "wrong", fault: "signature" });
      }),
      { numRuns: 20 },
    );
  });

  it("of another difficulty is wrong", () => {
    for (const difficulty of [1, 2, 4, 100]) {
      const eased = answerTo({ ...question, difficulty }, sealed);
      expect(verdictOn(question, eased)).toEqual({ kind: "wrong", fault: "digest" });
    }
  });

  it("for a chunk that the node invented is wrong", () => {
    const invented = noiseBytes(sealed.length, 9);
    const own = { ...question, chunkName: chunkNameOf(invented) };
    const proof = proveChunk(invented, own);
    expect(verdictOn(question, signed(question, { ...proof, durationUs: 1 }))).toMatchObject({ kind: "wrong" });
  });

  it("says too short a length in vain", () => {
    for (const chunkLength of [1, LEAF, sealed.length - 1, sealed.length + 1]) {
      expect(verdictOn(question, signed(question, { ...answer, chunkLength }))).toMatchObject({ kind: "wrong" });
    }
  });

  it("cannot make the verifier ask for an unknown chunk", () => {
    expect(() => verdictOn({ ...question, chunkName: "no name" as ChunkName }, answer)).toThrow("chunk name");
  });
});
