import { createHmac, hash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { ChunkName, NodeId } from "../ids.ts";
import { type AuditAnswer, auditStatement, closingDigest } from "./audit-answer.ts";
import type { AuditQuestion } from "./audit-question.ts";
import type { HmacSha256, Sha256 } from "./hash-functions.ts";
import { type AuditVerifier, verifyAuditAnswer } from "./verify-audit-answer.ts";

const sha256: Sha256 = (...parts) => new Uint8Array(hash("sha256", Buffer.concat(parts), "buffer"));
const hmacSha256: HmacSha256 = (key, ...parts) =>
  new Uint8Array(createHmac("sha256", key).update(Buffer.concat(parts)).digest());
const unhex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));

// Golden vector: a chunk of 5 leaves and 1000 bytes, byte i = i mod 251, asked for the leaves 3, 4 and 0.
const CHUNK = Uint8Array.from({ length: 82_920 }, (_, i) => i % 251);
const QUESTION: AuditQuestion = {
  challengeId: new Uint8Array(16).fill(0xc1),
  nodeId: `12D3KooW${"A".repeat(44)}` as NodeId,
  chunkName: "c3bbb01e73a26f4019547c70ffb6f77168d8a9cf3209c38090bfdedea8beaaef" as ChunkName,
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
  "636f6d6d6f6e686f6c6420617564697420763100", // "commonhold audit v1\0"
  "c1".repeat(16), // challenge id
  `313244334b6f6f57${"41".repeat(44)}`, // node id
  "5ae4a5ed5273985eb088b865475e776a77555c60fd219a38182605d7e3d92d22", // SHA-256 of the body
].join("");
const ANSWER: AuditAnswer = {
  chunkLength: CHUNK.length,
  leaves: PATHS.map(([index, path]) => ({
    index,
    leaf: CHUNK.subarray(index * 16_384, (index + 1) * 16_384),
    path: path.map(unhex),
  })),
  digest: unhex("4fa640276190f98e84bd646156e1abde822afa35913a4a2b68a2395015b98fd1"),
  durationUs: 1234,
  signature: new Uint8Array(64).fill(0x51),
};

const verifier: AuditVerifier = { sha256, hmacSha256, verifySignature: () => true };

/** What the verdict is when the node itself signs whatever it says. */
function verdictOn(change: Partial<AuditAnswer>, question = QUESTION) {
  return verifyAuditAnswer(question, { ...ANSWER, ...change }, verifier);
}

describe("verifyAuditAnswer", () => {
  it("passes the golden answer", () => {
    expect(verdictOn({})).toEqual({ kind: "passed" });
  });

  it("asks for the node's signature over the golden statement", () => {
    const asked: unknown[] = [];
    const verifySignature = (...call: readonly [NodeId, Uint8Array, Uint8Array]) => {
      asked.push([call[0], Buffer.from(call[1]).toString("hex"), call[2]]);
      return false;
    };
    const verdict = verifyAuditAnswer(QUESTION, ANSWER, { ...verifier, verifySignature });
    expect(verdict).toEqual({ kind: "wrong", fault: "signature" });
    expect(asked).toEqual([[QUESTION.nodeId, STATEMENT, ANSWER.signature]]);
  });

  it("has another statement for every other question and answer", () => {
    const [leaf, ...others] = ANSWER.leaves;
    const statements = [
      auditStatement(QUESTION, ANSWER, sha256),
      auditStatement({ ...QUESTION, challengeId: new Uint8Array(16) }, ANSWER, sha256),
      auditStatement({ ...QUESTION, nodeId: `12D3KooW${"B".repeat(44)}` as NodeId }, ANSWER, sha256),
      auditStatement({ ...QUESTION, chunkName: "0".repeat(64) as ChunkName }, ANSWER, sha256),
      auditStatement(QUESTION, { ...ANSWER, chunkLength: 1 }, sha256),
      auditStatement(QUESTION, { ...ANSWER, durationUs: 1 }, sha256),
      auditStatement(QUESTION, { ...ANSWER, digest: new Uint8Array(32) }, sha256),
      auditStatement(QUESTION, { ...ANSWER, leaves: others }, sha256),
      auditStatement(QUESTION, { ...ANSWER, leaves: [{ ...leaf!, index: 2 }, ...others] }, sha256),
      auditStatement(QUESTION, { ...ANSWER, leaves: [{ ...leaf!, path: [] }, ...others] }, sha256),
    ];
    const texts = statements.map((statement) => Buffer.from(statement).toString("hex"));
    expect(new Set(texts).size).toBe(texts.length);
  });

  it("refuses other leaves than the selected ones", () => {
    const { leaves } = ANSWER;
    const wrong = { kind: "wrong", fault: "selection" };
    expect(verdictOn({ leaves: [] })).toEqual(wrong);
    expect(verdictOn({ leaves: leaves.slice(0, 2) })).toEqual(wrong);
    expect(verdictOn({ leaves: leaves.toReversed() })).toEqual(wrong);
    expect(verdictOn({ leaves: [...leaves, leaves[0]!] })).toEqual(wrong);
    expect(verdictOn({}, { ...QUESTION, seed: new Uint8Array(32) })).toEqual(wrong);
  });

  it("names the leaf that does not belong to the chunk", () => {
    const rotten = ANSWER.leaves.map((proven) =>
      proven.index === 4 ? { ...proven, leaf: proven.leaf.with(77, 0xff) } : proven,
    );
    const digest = closingDigest(QUESTION, rotten, sha256);
    expect(verdictOn({ leaves: rotten, digest })).toEqual({ kind: "wrong", fault: "leaf", leafIndex: 4 });
  });

  it("refuses another length of the chunk", () => {
    // Still six leaves, so the same ones are selected; only the name tells.
    expect(verdictOn({ chunkLength: CHUNK.length - 1 })).toEqual({ kind: "wrong", fault: "leaf", leafIndex: 3 });
    expect(verdictOn({ chunkLength: CHUNK.length + 16_384 })).toMatchObject({ kind: "wrong" });
    expect(verdictOn({ chunkLength: Number.MAX_SAFE_INTEGER })).toMatchObject({ kind: "wrong" });
  });

  it("refuses a closing hash of another difficulty", () => {
    for (const difficulty of [1, 2, 4]) {
      expect(verdictOn({}, { ...QUESTION, difficulty })).toEqual({ kind: "wrong", fault: "digest" });
      const digest = closingDigest({ ...QUESTION, difficulty }, ANSWER.leaves, sha256);
      expect(verdictOn({ digest })).toEqual({ kind: "wrong", fault: "digest" });
    }
  });

  it.each<[string, Partial<AuditAnswer>]>([
    ["no length", { chunkLength: 0 }],
    ["a length that is no number", { chunkLength: Number.NaN }],
    ["a length in fractions", { chunkLength: 1.5 }],
    ["a negative duration", { durationUs: -1 }],
    ["a closing hash of 31 bytes", { digest: new Uint8Array(31) }],
    ["more leaves than asked", { leaves: Array.from({ length: 5 }, () => ANSWER.leaves[0]!) }],
    ["a negative index", { leaves: [{ ...ANSWER.leaves[0]!, index: -1 }] }],
    ["a leaf of more than 16 KiB", { leaves: [{ ...ANSWER.leaves[0]!, leaf: new Uint8Array(16_385) }] }],
    ["a path entry of 33 bytes", { leaves: [{ ...ANSWER.leaves[0]!, path: [new Uint8Array(33)] }] }],
    [
      "a path of 41 levels",
      { leaves: [{ ...ANSWER.leaves[0]!, path: Array.from({ length: 41 }, () => new Uint8Array(32)) }] },
    ],
  ])("calls %s malformed before anything is hashed", (_, change) => {
    const never = () => {
      throw new Error("hashed");
    };
    const untouched = { sha256: never, hmacSha256: never, verifySignature: never };
    const verdict = verifyAuditAnswer(QUESTION, { ...ANSWER, ...change }, untouched);
    expect(verdict).toEqual({ kind: "wrong", fault: "malformed" });
  });
});
