import { generateKeyPairSync, sign, verify } from "node:crypto";
import { hasCode } from "@commonhold/core/app-error.ts";
import { type AuditAnswer, type ChunkProof, closingDigest } from "@commonhold/core/audit/audit-answer.ts";
import type { AuditQuestion } from "@commonhold/core/audit/audit-question.ts";
import { chunkNameToBytes } from "@commonhold/core/audit/chunk-name.ts";
import { selectLeaves } from "@commonhold/core/audit/leaf-selection.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { proveChunk, signAuditAnswer, verifyAuditAnswer } from "./audit-answer.ts";
import { chunkNameOf } from "./merkle.ts";
import { platformCrypto } from "./platform-crypto.ts";
import { filledBytes, hex, noiseBytes, patternBytes, withBitFlipped } from "./testing/test-bytes.ts";

const LEAF = 16_384;
/** 4 MiB of plaintext, the seal's tag, and more than any codec adds. */
const LARGEST = 4 * 1024 * 1024 + 64 * 1024;
const NODE = `12D3KooW${"A".repeat(44)}` as NodeId;
const OTHER_NODE = `12D3KooW${"B".repeat(44)}` as NodeId;
const KEYS = new Map([NODE, OTHER_NODE].map((id) => [id, generateKeyPairSync("ed25519")]));

type Proof = Extract<ChunkProof, { readonly kind: "proof" }>;

function verifySignature(nodeId: NodeId, bytes: Uint8Array, signature: Uint8Array): boolean {
  const keys = KEYS.get(nodeId);
  return keys !== undefined && verify(null, bytes, keys.publicKey, signature);
}

function questionFor(chunks: readonly Uint8Array[], change: Partial<AuditQuestion> = {}): AuditQuestion {
  return {
    challengeId: filledBytes(16, 0xc1),
    selectionId: filledBytes(16, 0xc1),
    nodeId: NODE,
    chunkNames: chunks.map(chunkNameOf),
    seed: filledBytes(32, 0x5e),
    leafCount: 4,
    difficulty: 3,
    ...change,
  };
}

/** What the asked node would sign, whatever it says, with the closing hash that fits. */
function signed(question: AuditQuestion, proofs: readonly ChunkProof[], durationUs = 1234.4): AuditAnswer {
  const { privateKey } = KEYS.get(question.nodeId)!;
  return signAuditAnswer(question, proofs, {
    durationUs,
    sign: (bytes) => new Uint8Array(sign(null, bytes, privateKey)),
  });
}

function proofsOf(question: AuditQuestion, chunks: readonly Uint8Array[]): readonly Proof[] {
  return chunks.map((sealed, i) => proveChunk(sealed, question.chunkNames[i]!, question) as Proof);
}

function answerTo(question: AuditQuestion, chunks: readonly Uint8Array[]): AuditAnswer {
  return signed(question, proofsOf(question, chunks));
}

function verdictOn(question: AuditQuestion, answer: AuditAnswer) {
  return verifyAuditAnswer(question, answer, verifySignature);
}

const passed = (count: number) => ({ kind: "judged", chunks: Array.from({ length: count }, () => "passed") });

describe("proveChunk", () => {
  it("keeps to its golden vector", () => {
    const sealed = patternBytes(5 * LEAF + 1000);
    const question = questionFor([sealed]);
    const [proof] = proofsOf(question, [sealed]);
    expect(question.chunkNames[0]).toBe("c3bbb01e73a26f4019547c70ffb6f77168d8a9cf3209c38090bfdedea8beaaef");
    expect(proof!.chunkLength).toBe(sealed.length);
    expect(hex(closingDigest(question, [proof!], platformCrypto.sha256))).toBe(
      "4fa640276190f98e84bd646156e1abde822afa35913a4a2b68a2395015b98fd1",
    );
    expect(proof!.leaves.map(({ index, leaf, path }) => [index, leaf.length, ...path.map(hex)])).toEqual([
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
    const question = questionFor([sealed], { leafCount: 1 });
    for (let leaf = 0; leaf < 9; leaf++) {
      const rotten = withBitFlipped(sealed, leaf * LEAF * 8 + 5);
      expect(() => proveChunk(rotten, question.chunkNames[0]!, question)).toThrow(
        expect.toSatisfy((error: unknown) => hasCode(error, "CHUNK_CORRUPT")),
      );
    }
  });

  it("copies the leaves, so that the chunk's memory can be used again", () => {
    const sealed = noiseBytes(3 * LEAF);
    const question = questionFor([sealed]);
    const answer = answerTo(question, [sealed]);
    const proofs = proofsOf(question, [sealed]);
    sealed.fill(0);
    expect(signed(question, proofs)).toEqual(answer);
    expect(verdictOn(question, answer)).toEqual(passed(1));
  });
});

describe("signAuditAnswer", () => {
  it("refuses a question out of bounds before it does the work", () => {
    const sealed = noiseBytes(100);
    const question = questionFor([sealed], { difficulty: 1_000_000_000 });
    expect(() => signed(question, [])).toThrow("difficulty");
  });
});

describe("an honest answer", () => {
  it("passes, for chunks of any number of leaves", () => {
    const chunk = fc.tuple(fc.integer({ min: 1, max: 12 * LEAF }), fc.nat(255));
    fc.assert(
      fc.property(
        fc.uniqueArray(chunk, { minLength: 1, maxLength: 4, selector: (each) => each.join() }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.integer({ min: 1, max: 16 }),
        (parts, seed, leafCount) => {
          const chunks = parts.map(([length, noise]) => noiseBytes(length, noise));
          const question = questionFor(chunks, { seed, leafCount, difficulty: leafCount });
          expect(verdictOn(question, answerTo(question, chunks))).toEqual(passed(chunks.length));
        },
      ),
      { numRuns: 40 },
    );
  });

  it.each([1, 2, 3, 5, 7, 8, 9, 31, 33, 255])("passes for every leaf of a chunk of %d leaves", (leaves) => {
    const sealed = noiseBytes(leaves * LEAF - 5);
    const chosen = new Set<number>();
    for (let i = 0; i < 3; i++) {
      const question = questionFor([sealed], { seed: filledBytes(32, i), leafCount: 64 });
      const answer = answerTo(question, [sealed]);
      expect(verdictOn(question, answer)).toEqual(passed(1));
      for (const proof of answer.proofs as Proof[]) for (const { index } of proof.leaves) chosen.add(index);
    }
    if (leaves <= 9) expect(chosen.size).toBe(leaves);
  });

  it("passes for four of the largest chunks", () => {
    const chunks = [0, 1, 2, 3].map((noise) => noiseBytes(LARGEST, noise));
    const question = questionFor(chunks, { leafCount: 16, difficulty: 1000 });
    const answer = answerTo(question, chunks);
    expect(answer.durationUs).toBe(1234);
    expect(verdictOn(question, answer)).toEqual(passed(4));
  });

  it("passes for twenty chunks of which some are lost, which it says of these alone", () => {
    const chunks = Array.from({ length: 20 }, (_, i) => noiseBytes(1 + i * 5000, i));
    const question = questionFor(chunks, { leafCount: 1 });
    const proofs = proofsOf(question, chunks).map((proof, i): ChunkProof => {
      if (i % 7 !== 3) return proof;
      return { kind: "lost", reason: i === 3 ? "CHUNK_CORRUPT" : "CHUNK_NOT_FOUND" };
    });
    expect(verdictOn(question, signed(question, proofs))).toEqual({
      kind: "judged",
      chunks: proofs.map(({ kind }) => (kind === "lost" ? "lost" : "passed")),
    });
  });

  it("that everything is lost is one too", () => {
    const chunks = [noiseBytes(10), noiseBytes(20)];
    const question = questionFor(chunks);
    const lost: ChunkProof = { kind: "lost", reason: "CHUNK_NOT_FOUND" };
    expect(verdictOn(question, signed(question, [lost, lost]))).toEqual({ kind: "judged", chunks: ["lost", "lost"] });
  });

  it("is the same when it is asked again after silence, but for what it is signed for", () => {
    const sealed = noiseBytes(20 * LEAF);
    const first = questionFor([sealed]);
    const again = { ...first, challengeId: filledBytes(16, 0xc2) };
    const [answer, repeated] = [answerTo(first, [sealed]), answerTo(again, [sealed])];
    expect(repeated.proofs).toEqual(answer.proofs);
    expect(verdictOn(again, repeated)).toEqual(passed(1));
    expect(verdictOn(again, answer)).toEqual({ kind: "wrong", why: "signature" });
  });
});

describe("a dishonest answer", () => {
  const sealed = noiseBytes(20 * LEAF + 7);
  const small = noiseBytes(1000, 3);
  const question = questionFor([sealed, small], { leafCount: 8 });
  const answer = answerTo(question, [sealed, small]);
  const [first, second] = answer.proofs as readonly [Proof, Proof];

  /** With another proof of the first chunk, signed by the node itself. */
  const changed = (change: Partial<Proof>) => verdictOn(question, signed(question, [{ ...first, ...change }, second]));

  it("that leaves out half of the leaves is wrong, whichever half, and only for this chunk", () => {
    const half = first.leaves.length / 2;
    for (const leaves of [
      first.leaves.slice(half),
      first.leaves.slice(0, half),
      first.leaves.filter((_, i) => i % 2 === 0),
    ]) {
      expect(changed({ leaves })).toEqual({ kind: "judged", chunks: [{ wrong: "selection" }, "passed"] });
    }
  });

  it("of a node that kept half of the leaves is wrong when a missing one is asked for", () => {
    // It kept the whole tree of hashes and every even leaf; the rest it fills with zeros.
    const leaves = first.leaves.map((proven) =>
      proven.index % 2 === 0 ? proven : { ...proven, leaf: new Uint8Array(proven.leaf.length) },
    );
    expect(leaves.some(({ index }) => index % 2 === 1)).toBe(true);
    expect(changed({ leaves })).toEqual({ kind: "judged", chunks: [{ wrong: "leaf" }, "passed"] });
  });

  it("that shows one chunk in the place of another is wrong for both", () => {
    const others = [noiseBytes(5 * LEAF, 1), noiseBytes(5 * LEAF, 2)];
    const asked = questionFor(others);
    const [a, b] = proofsOf(asked, others);
    const verdict = verdictOn(asked, signed(asked, [b!, a!]));
    expect(verdict).toEqual({
      kind: "judged",
      chunks: [{ wrong: expect.any(String) }, { wrong: expect.any(String) }],
    });
  });

  it("is wrong when it was given to another challenge, node, list of chunks or seed", () => {
    const other = noiseBytes(sealed.length, 1);
    for (const change of [
      { challengeId: filledBytes(16, 0xc2) },
      { nodeId: OTHER_NODE },
      { chunkNames: [chunkNameOf(other), chunkNameOf(small)] },
      { chunkNames: question.chunkNames.toReversed() },
      { seed: filledBytes(32, 0x5f) },
      { selectionId: filledBytes(16, 0x60) },
    ]) {
      const asked = { ...question, ...change };
      const verdict = verdictOn(asked, answer);
      if (change.selectionId === undefined) expect(verdict.kind).toBe("wrong");
      expect(verdict).not.toEqual(passed(2));
      // Signing an old answer anew helps only where selection and closing hash happen to be the same.
      if (change.nodeId === undefined && change.challengeId === undefined) {
        expect(verdictOn(asked, signed(asked, answer.proofs))).not.toEqual(passed(2));
      }
    }
  });

  it("is wrong for another challenge even when the chunk has one leaf, which is always the one selected", () => {
    const before = questionFor([small]);
    const now = questionFor([small], { challengeId: filledBytes(16, 0xc2) });
    expect(verdictOn(before, answerTo(before, [small]))).toEqual(passed(1));
    expect(verdictOn(now, answerTo(before, [small]))).toEqual({ kind: "wrong", why: "signature" });
  });

  it("is wrong when it is truncated", () => {
    for (const proofs of [[], [first], [second]]) {
      expect(verdictOn(question, signed(question, proofs))).toEqual({ kind: "wrong", why: "count" });
    }
    expect(verdictOn(question, { ...answer, signature: answer.signature.subarray(0, 63) })).toMatchObject({
      why: "signature",
    });
    expect(verdictOn(question, { ...answer, digest: answer.digest.subarray(0, 31) })).toMatchObject({
      why: "malformed",
    });
    const [leaf, ...leaves] = first.leaves;
    for (const shorter of [
      { ...leaf!, leaf: leaf!.leaf.subarray(0, -1) },
      { ...leaf!, path: leaf!.path.slice(0, -1) },
      { ...leaf!, path: [] },
    ]) {
      expect(changed({ leaves: [shorter, ...leaves] })).toMatchObject({ chunks: [{ wrong: "leaf" }, "passed"] });
    }
  });

  it("is wrong with any bit of it flipped, signed anew or not", () => {
    const flippedAt = (bit: number): readonly (readonly ChunkProof[])[] =>
      first.leaves.flatMap((proven, i) => {
        const leaf = withBitFlipped(proven.leaf, bit % (proven.leaf.length * 8));
        const level = bit % proven.path.length;
        const path = proven.path.with(level, withBitFlipped(proven.path[level]!, bit % 256));
        return [
          { ...proven, leaf },
          { ...proven, path },
          { ...proven, index: proven.index ^ 1 },
        ].map((one) => [{ ...first, leaves: first.leaves.with(i, one) }, second]);
      });
    fc.assert(
      fc.property(fc.nat(), (bit) => {
        for (const proofs of flippedAt(bit)) {
          expect(verdictOn(question, { ...answer, proofs })).toEqual({ kind: "wrong", why: "signature" });
          expect(verdictOn(question, signed(question, proofs))).toMatchObject({
            chunks: [{ wrong: expect.any(String) }, "passed"],
          });
        }
        for (const change of [
          { signature: withBitFlipped(answer.signature, bit % 512) },
          { digest: withBitFlipped(answer.digest, bit % 256) },
          { durationUs: answer.durationUs ^ (1 << (bit % 20)) },
        ]) {
          expect(verdictOn(question, { ...answer, ...change })).toEqual({ kind: "wrong", why: "signature" });
        }
      }),
      { numRuns: 15 },
    );
  });

  it("that turns a loss into none, or the other way round, is not the node's", () => {
    const lost: ChunkProof = { kind: "lost", reason: "CHUNK_CORRUPT" };
    const confessed = signed(question, [first, lost]);
    for (const [said, made] of [
      [confessed, [first, second]],
      [answer, [first, lost]],
      [confessed, [first, { ...lost, reason: "CHUNK_NOT_FOUND" }]],
    ] as const) {
      expect(verdictOn(question, { ...said, proofs: made })).toEqual({ kind: "wrong", why: "signature" });
    }
  });

  it("of another difficulty is wrong", () => {
    for (const difficulty of [1, 2, 4, 100]) {
      const eased = answerTo({ ...question, difficulty }, [sealed, small]);
      expect(verdictOn(question, eased)).toEqual({ kind: "wrong", why: "digest" });
    }
  });

  it("for a chunk that the node invented is wrong", () => {
    const invented = noiseBytes(sealed.length, 9);
    const proof = proveChunk(invented, chunkNameOf(invented), question);
    expect(verdictOn(question, signed(question, [proof, second]))).toMatchObject({
      chunks: [{ wrong: expect.any(String) }, "passed"],
    });
  });

  it("says another length in vain", () => {
    for (const chunkLength of [1, LEAF, sealed.length - 1, sealed.length + 1, 2 ** 40]) {
      expect(changed({ chunkLength })).toMatchObject({ chunks: [{ wrong: expect.any(String) }, "passed"] });
    }
  });

  it("cannot make the verifier ask for an unknown chunk", () => {
    const unknown = { ...question, chunkNames: ["no name" as ChunkName, question.chunkNames[1]!] };
    expect(() => verdictOn(unknown, answer)).toThrow("chunk name");
  });
});

describe("detection", () => {
  const LEAVES = 64;
  const chunk = noiseBytes(LEAVES * LEAF);
  const chunkName = chunkNameOf(chunk);

  /** Whether `count` audits of one leaf each find that the node has only the leaves that `keeps` says. */
  function isFound(trial: number, count: number, keeps: (index: number) => boolean): boolean {
    const asked = filledBytes(32, 0);
    new DataView(asked.buffer).setUint32(0, trial);
    for (let audit = 0; audit < count; audit++) {
      new DataView(asked.buffer).setUint32(4, audit);
      const question = { ...questionFor([]), chunkNames: [chunkName], seed: asked, leafCount: 1, difficulty: 1 };
      const [index] = selected(question);
      if (!keeps(index!)) return true;
    }
    return false;
  }

  /** As the node sees it; the answers themselves are judged above. */
  function selected(question: AuditQuestion): readonly number[] {
    return selectLeaves(question, { name: chunkNameToBytes(chunkName), leafCount: LEAVES }, platformCrypto.hmacSha256);
  }

  it.each([
    [0.5, 1],
    [0.5, 3],
    [0.25, 4],
    [1 / 64, 64],
  ])("of a node that lost %d of its leaves in %d audits happens as 1 − (1 − f)^c says", (lost, audits) => {
    const trials = 2000;
    const keeps = (index: number) => index >= lost * LEAVES;
    let found = 0;
    for (let trial = 0; trial < trials; trial++) if (isFound(trial, audits, keeps)) found += 1;
    const expected = 1 - (1 - lost) ** audits;
    // Four standard deviations; the seeds are fixed, so this either holds or does not.
    const bound = 4 * Math.sqrt((expected * (1 - expected)) / trials);
    expect(Math.abs(found / trials - expected)).toBeLessThan(bound);
  });

  it("takes a real answer of a node that lost half of its leaves for wrong exactly where a lost one is asked for", () => {
    let wrong = 0;
    for (let i = 0; i < 60; i++) {
      const question = { ...questionFor([]), chunkNames: [chunkName], seed: filledBytes(32, i), leafCount: 1 };
      const proof = proveChunk(chunk, chunkName, question) as Proof;
      const [shown] = proof.leaves;
      const isLost = shown!.index % 2 === 1;
      const made = isLost ? { ...shown!, leaf: new Uint8Array(LEAF) } : shown!;
      const verdict = verdictOn(question, signed(question, [{ ...proof, leaves: [made] }]));
      expect(verdict).toEqual({ kind: "judged", chunks: [isLost ? { wrong: "leaf" } : "passed"] });
      if (isLost) wrong += 1;
    }
    expect(wrong).toBeGreaterThan(15);
    expect(wrong).toBeLessThan(45);
  });
});
