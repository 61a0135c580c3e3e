import { createHmac, hash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { ChunkName, NodeId } from "../ids.ts";
import { type AuditAnswer, type ChunkProof, closingDigest } from "./audit-answer.ts";
import type { AuditQuestion } from "./audit-question.ts";
import { auditStatement, hashProvenLeaves } from "./audit-statement.ts";
import type { HmacSha256, Sha256 } from "./hash-functions.ts";
import { type AuditVerifier, verifyAuditAnswer } from "./verify-audit-answer.ts";

const sha256: Sha256 = (...parts) => new Uint8Array(hash("sha256", Buffer.concat(parts), "buffer"));
const hmacSha256: HmacSha256 = (key, ...parts) =>
  new Uint8Array(createHmac("sha256", key).update(Buffer.concat(parts)).digest());
const unhex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));

// Golden vector: a chunk of 5 leaves and 1000 bytes, byte i = i mod 251, asked for the leaves 3, 4 and 0; one of 7
// bytes; and one that the node has lost.
const CHUNK = Uint8Array.from({ length: 82_920 }, (_, i) => i % 251);
const QUESTION: AuditQuestion = {
  challengeId: new Uint8Array(16).fill(0xc1),
  nodeId: `12D3KooW${"A".repeat(44)}` as NodeId,
  selectionId: new Uint8Array(16).fill(0xc1),
  chunkNames: [
    "c3bbb01e73a26f4019547c70ffb6f77168d8a9cf3209c38090bfdedea8beaaef",
    "1c1be4cff7db02513b200203b3a34f1132080dbc74b04afac270ed706e69bb88",
    "ff".repeat(32),
  ] as ChunkName[],
  seed: new Uint8Array(32).fill(0x5e),
  leafCount: 4,
  difficulty: 3,
};
const PATHS: readonly [index: number, path: readonly string[]][] = [
  [
    3,
    [
      "f1fcccd8cdad77ed2efb455c2ef7bfbcdab395d12be66c00982b92f98f90b557",
      "08afc4434daae337a7ce4f60e85c8755263f365b7c58c56ad77b17bf0cc40b1c",
      "52c6c5ff9cee35c514379912649ac586e0c29bcc0148f9c9cb57109ac86d4243",
    ],
  ],
  [
    4,
    [
      "1161d02af0cddc47646fbc912ccf049e0e034dffa303b1f9f7b09b51a9473bf0",
      "e1f29123858271dc1fc7417fe4ea89997f0f8b395fc4972fce08cf6f69071a1e",
    ],
  ],
  [
    0,
    [
      "793c113afe0e340f5dfadf2b5bb44758faae676994ca023516a0d3da3987cac4",
      "0001374e793de48a1aa5e2f9d8909f8163d813fe9d9ad4721e6b88bcf7918e96",
      "52c6c5ff9cee35c514379912649ac586e0c29bcc0148f9c9cb57109ac86d4243",
    ],
  ],
];
const STATEMENT = [
  "636f6d6d6f6e686f6c6420617564697420763200", // "commonhold audit v2\0"
  "c1".repeat(16), // challenge id
  `313244334b6f6f57${"41".repeat(44)}`, // node id
  "9e7b60d0c41e7af1843eccddf2daab30ea562995de2b40ec9cd339d5745ff4fa", // SHA-256 of the body
].join("");
const SMALL = Uint8Array.of(0, 1, 2, 3, 4, 5, 6);
const FIRST = {
  kind: "proof",
  chunkLength: CHUNK.length,
  leaves: PATHS.map(([index, path]) => ({
    index,
    leaf: CHUNK.subarray(index * 16_384, (index + 1) * 16_384),
    path: path.map(unhex),
  })),
} as const;
const SECOND = { kind: "proof", chunkLength: SMALL.length, leaves: [{ index: 0, leaf: SMALL, path: [] }] } as const;
const LOST = { kind: "lost", reason: "CHUNK_NOT_FOUND" } as const;
const ANSWER: AuditAnswer = {
  proofs: [FIRST, SECOND, LOST],
  digest: unhex("b2334eaea2278cd9fb9bb4878f230bb5f113de3665fd0a157bdcbe1093c0185e"),
  durationUs: 1234,
  signature: new Uint8Array(64).fill(0x51),
};

const verifier: AuditVerifier = { sha256, hmacSha256, verifySignature: () => true };

/** What the verdict is when the node itself signs whatever it says. */
function verdictOn(change: Partial<AuditAnswer>, question = QUESTION) {
  return verifyAuditAnswer(question, { ...ANSWER, ...change }, verifier);
}

/** The same for other proofs, with the closing hash that fits them. */
function verdictOnProofs(proofs: readonly ChunkProof[], question = QUESTION) {
  return verdictOn({ proofs, digest: closingDigest(question, proofs, sha256) }, question);
}

function statementOf(question: AuditQuestion, change: Partial<AuditAnswer> = {}): string {
  const answer = { ...ANSWER, ...change };
  const leafHashes = hashProvenLeaves(answer.proofs, sha256);
  return Buffer.from(auditStatement(question, { answer, leafHashes }, sha256)).toString("hex");
}

describe("verifyAuditAnswer", () => {
  it("judges each chunk of the golden answer", () => {
    expect(verdictOn({})).toEqual({ kind: "judged", chunks: ["passed", "passed", "lost"] });
  });

  it("asks for the node's signature over the golden statement", () => {
    const asked: unknown[] = [];
    const verifySignature = (...call: readonly [NodeId, Uint8Array, Uint8Array]) => {
      asked.push([call[0], Buffer.from(call[1]).toString("hex"), call[2]]);
      return false;
    };
    const verdict = verifyAuditAnswer(QUESTION, ANSWER, { ...verifier, verifySignature });
    expect(verdict).toEqual({ kind: "wrong", why: "signature" });
    expect(asked).toEqual([[QUESTION.nodeId, STATEMENT, ANSWER.signature]]);
  });

  it("has another statement for every other question and answer", () => {
    const { leaves } = FIRST;
    const [leaf, ...others] = leaves;
    const first = (change: object) => ({ proofs: [{ ...FIRST, ...change }, SECOND, LOST] });
    const names = QUESTION.chunkNames;
    const statements = [
      statementOf(QUESTION),
      statementOf({ ...QUESTION, challengeId: new Uint8Array(16) }),
      statementOf({ ...QUESTION, nodeId: `12D3KooW${"B".repeat(44)}` as NodeId }),
      statementOf({ ...QUESTION, chunkNames: names.toReversed() }),
      statementOf({ ...QUESTION, chunkNames: names.with(2, "0".repeat(64) as ChunkName) }),
      statementOf(QUESTION, { durationUs: 1 }),
      statementOf(QUESTION, { digest: new Uint8Array(32) }),
      statementOf(QUESTION, { proofs: [FIRST, SECOND] }),
      statementOf(QUESTION, { proofs: [FIRST, LOST, LOST] }),
      statementOf(QUESTION, { proofs: [FIRST, SECOND, { kind: "lost", reason: "CHUNK_CORRUPT" }] }),
      statementOf(QUESTION, first({ chunkLength: 2 ** 40 + 1 })),
      statementOf(QUESTION, first({ chunkLength: 1 })),
      statementOf(QUESTION, first({ leaves: others })),
      statementOf(QUESTION, first({ leaves: [{ ...leaf!, index: 2 }, ...others] })),
      statementOf(QUESTION, first({ leaves: [{ ...leaf!, path: [] }, ...others] })),
      statementOf(QUESTION, first({ leaves: [{ ...leaf!, leaf: leaf!.leaf.with(9, 0xff) }, ...others] })),
    ];
    expect(new Set(statements).size).toBe(statements.length);
  });

  it("refuses other leaves than the selected ones, of this chunk alone", () => {
    const { leaves } = FIRST;
    const wrong = { kind: "judged", chunks: [{ wrong: "selection" }, "passed", "lost"] };
    for (const others of [[], leaves.slice(0, 2), leaves.toReversed(), [...leaves, leaves[0]!]]) {
      expect(verdictOnProofs([{ ...FIRST, leaves: others }, SECOND, LOST])).toEqual(wrong);
    }
    expect(verdictOnProofs(ANSWER.proofs, { ...QUESTION, selectionId: new Uint8Array(16) })).toEqual(wrong);
  });

  it("finds the chunk with a leaf or a path that is not its own", () => {
    const changed = [
      FIRST.leaves.map((proven) => (proven.index === 4 ? { ...proven, leaf: proven.leaf.with(77, 0xff) } : proven)),
      FIRST.leaves.map((proven) => (proven.index === 0 ? { ...proven, path: proven.path.slice(1) } : proven)),
      FIRST.leaves.map((proven) => (proven.index === 3 ? { ...proven, leaf: proven.leaf.subarray(1) } : proven)),
    ];
    for (const leaves of changed) {
      expect(verdictOnProofs([{ ...FIRST, leaves }, SECOND, LOST])).toEqual({
        kind: "judged",
        chunks: [{ wrong: "leaf" }, "passed", "lost"],
      });
    }
  });

  it("refuses another length of the chunk", () => {
    // Still six leaves, so the same ones are selected; only the name tells.
    const [judged] = [verdictOn({ proofs: [{ ...FIRST, chunkLength: CHUNK.length - 1 }, SECOND, LOST] })];
    expect(judged).toEqual({ kind: "judged", chunks: [{ wrong: "leaf" }, "passed", "lost"] });
    for (const chunkLength of [CHUNK.length + 16_384, Number.MAX_SAFE_INTEGER]) {
      expect(verdictOn({ proofs: [{ ...FIRST, chunkLength }, SECOND, LOST] })).toMatchObject({
        chunks: [{ wrong: "selection" }, "passed", "lost"],
      });
    }
  });

  it("refuses proofs in another order, and more or fewer than were asked for", () => {
    expect(verdictOnProofs([SECOND, FIRST, LOST])).toMatchObject({
      chunks: [{ wrong: expect.any(String) }, { wrong: expect.any(String) }, "lost"],
    });
    for (const proofs of [[], [FIRST, SECOND], [FIRST, SECOND, LOST, LOST]]) {
      expect(verdictOnProofs(proofs)).toEqual({ kind: "wrong", why: "count" });
    }
  });

  it("refuses a closing hash of another difficulty, seed or other leaves", () => {
    for (const difficulty of [1, 2, 4]) {
      expect(verdictOn({}, { ...QUESTION, difficulty })).toEqual({ kind: "wrong", why: "digest" });
      const digest = closingDigest({ ...QUESTION, difficulty }, ANSWER.proofs, sha256);
      expect(verdictOn({ digest })).toEqual({ kind: "wrong", why: "digest" });
    }
    expect(verdictOn({}, { ...QUESTION, seed: new Uint8Array(32) })).toEqual({ kind: "wrong", why: "digest" });
    expect(verdictOn({ proofs: [FIRST, LOST, LOST] })).toEqual({ kind: "wrong", why: "digest" });
  });

  const leaf = FIRST.leaves[0]!;
  const withLeaves = (...leaves: readonly object[]) => ({ proofs: [{ ...FIRST, leaves }, SECOND, LOST] });
  it.each<[string, object]>([
    ["no length", { proofs: [{ ...FIRST, chunkLength: 0 }, SECOND, LOST] }],
    ["a length that is no number", { proofs: [{ ...FIRST, chunkLength: Number.NaN }, SECOND, LOST] }],
    ["a length in fractions", { proofs: [{ ...FIRST, chunkLength: 1.5 }, SECOND, LOST] }],
    ["another reason of a loss", { proofs: [FIRST, SECOND, { kind: "lost", reason: "NO_SPACE" }] }],
    ["a negative duration", { durationUs: -1 }],
    ["a closing hash of 31 bytes", { digest: new Uint8Array(31) }],
    ["more leaves than asked", withLeaves(leaf, leaf, leaf, leaf, leaf)],
    ["a negative index", withLeaves({ ...leaf, index: -1 })],
    ["a leaf of more than 16 KiB", withLeaves({ ...leaf, leaf: new Uint8Array(16_385) })],
    ["a path entry of 33 bytes", withLeaves({ ...leaf, path: [new Uint8Array(33)] })],
    ["a path of 41 levels", withLeaves({ ...leaf, path: Array.from({ length: 41 }, () => new Uint8Array(32)) })],
  ])("calls %s malformed before anything is hashed", (_, change) => {
    const never = () => {
      throw new Error("hashed");
    };
    const untouched = { sha256: never, hmacSha256: never, verifySignature: never };
    const verdict = verifyAuditAnswer(QUESTION, { ...ANSWER, ...change }, untouched);
    expect(verdict).toEqual({ kind: "wrong", why: "malformed" });
  });
});
