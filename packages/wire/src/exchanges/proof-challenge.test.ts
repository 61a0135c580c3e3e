import { randomBytes } from "node:crypto";
import { AppError } from "@commonhold/core/app-error.ts";
import type { AuditAnswer, ChunkProof } from "@commonhold/core/audit/audit-answer.ts";
import type { ByteStream } from "@commonhold/core/byte-stream.ts";
import { describe, expect, it, vi } from "vitest";
import { challengeNameOf } from "../challenge-name.ts";
import { createMemoryStreamPair } from "../memory-byte-stream.ts";
import { SEALED_LENGTH_MAX } from "../protocols.ts";
import { allow, exchange } from "../testing/exchange-pair.ts";
import { CHUNK, chunkNameOf, sampleGrant } from "../testing/samples.ts";
import { type ProofChallenge, requestProofChallenge, serveProofChallenge } from "./proof-challenge.ts";

const grant = sampleGrant();
const names = Array.from({ length: 20 }, (_, i) => chunkNameOf(String(i)));
const challenge: ProofChallenge = {
  challengeId: new Uint8Array(16).fill(1),
  selectionId: new Uint8Array(16).fill(9),
  chunkNames: [CHUNK],
  seed: new Uint8Array(32).fill(2),
  leafCount: 64,
  difficulty: 1000,
  deadlineMs: 2000,
};
const leaf = {
  index: 0,
  leaf: new Uint8Array(16 * 1024).fill(7),
  path: Array.from({ length: 9 }, () => new Uint8Array(32).fill(3)),
};
const proof = {
  kind: "proof",
  chunkLength: SEALED_LENGTH_MAX,
  leaves: Array.from({ length: 64 }, (_, index) => ({ ...leaf, index, leaf: leaf.leaf.map((byte) => byte + index) })),
} as const;
const lost: ChunkProof = { kind: "lost", reason: "CHUNK_NOT_FOUND" };
const answer: AuditAnswer = {
  proofs: [proof],
  digest: new Uint8Array(32).fill(4),
  durationUs: 12_345,
  signature: new Uint8Array(64).fill(5),
};

/** What a peer that answers this is taken to say. */
function answered(change: object, asked: Partial<ProofChallenge> = {}): Promise<AuditAnswer> {
  return exchange(
    (stream: ByteStream) => requestProofChallenge(stream, { ...challenge, ...asked, grant }),
    (stream) => serveProofChallenge(stream, { authorise: allow, prove: async () => ({ ...answer, ...change }) }),
  );
}

describe("proof-challenge", () => {
  it("carries the challenge and the largest answer", async () => {
    const claims: unknown[] = [];
    const result = await exchange(
      (stream) => requestProofChallenge(stream, { ...challenge, grant }),
      (stream) =>
        serveProofChallenge(stream, {
          authorise: (claim) => void claims.push(claim),
          prove: async (received) => {
            expect(received).toEqual(challenge);
            return answer;
          },
        }),
    );
    expect(claims).toMatchObject([{ ...challenge, grant, challengeName: challengeNameOf([CHUNK]) }]);
    expect(result.proofs).toHaveLength(1);
    expect(result.proofs[0]).toMatchObject({ kind: "proof", chunkLength: SEALED_LENGTH_MAX });
    const [shown] = result.proofs as readonly (typeof proof)[];
    expect(shown!.leaves.map(({ index }) => index)).toEqual(proof.leaves.map(({ index }) => index));
    expect(Buffer.compare(shown!.leaves[63]!.leaf, proof.leaves[63]!.leaf)).toBe(0);
    expect(shown!.leaves[63]!.path).toEqual(leaf.path);
    expect(result).toMatchObject({ digest: answer.digest, durationUs: 12_345, signature: answer.signature });
  });

  it("carries the largest answer for twenty chunks", async () => {
    const proofs = names.map(() => ({ ...proof, leaves: [leaf, leaf, leaf] }));
    const result = await answered({ proofs }, { chunkNames: names, leafCount: 3 });
    expect(result.proofs).toHaveLength(20);
  });

  it("carries what is lost", async () => {
    const proofs = [lost, { kind: "lost", reason: "CHUNK_CORRUPT" }];
    expect((await answered({ proofs })).proofs).toEqual(proofs);
  });

  const withLeaf = (change: object) => ({ proofs: [{ ...proof, leaves: [{ ...leaf, ...change }] }] });
  it.each<[string, object]>([
    ["nothing about any chunk", { proofs: [] }],
    ["more proofs than any challenge asks for", { proofs: Array.from({ length: 21 }, () => lost) }],
    ["no leaf", { proofs: [{ ...proof, leaves: [] }] }],
    ["more leaves than any challenge asks for", { proofs: [proof, { ...proof, leaves: [leaf] }] }],
    ["a leaf that is too long", withLeaf({ leaf: new Uint8Array(16 * 1024 + 1) })],
    ["an empty leaf", withLeaf({ leaf: new Uint8Array(0) })],
    ["a path that is too long", withLeaf({ path: Array(10).fill(new Uint8Array(32)) })],
    ["a hash that is none", withLeaf({ path: [new Uint8Array(31)] })],
    ["a short digest", { digest: new Uint8Array(31) }],
    ["a short signature", { signature: new Uint8Array(63) }],
    ["an impossible length", { proofs: [{ ...proof, chunkLength: SEALED_LENGTH_MAX + 1 }] }],
    ["no length", { proofs: [{ ...proof, chunkLength: 0 }] }],
    ["another reason of a loss", { proofs: [{ kind: "lost", reason: "BORED" }] }],
  ])("refuses an answer with %s", async (_, change) => {
    // Whatever the frame of a larger question would let in.
    await expect(answered(change, { chunkNames: [CHUNK] })).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
  });

  it("takes memory for no more leaves than were asked for", async () => {
    const asked = { leafCount: 2 };
    await expect(answered({ proofs: [{ ...proof, leaves: [leaf, leaf] }] }, asked)).resolves.toBeDefined();
    await expect(answered({ proofs: [{ ...proof, leaves: [leaf, leaf, leaf] }] }, asked)).rejects.toMatchObject({
      code: "PROTOCOL_ERROR",
      message: expect.stringContaining("at most"),
    });
  });

  it.each<[string, Partial<ProofChallenge>]>([
    ["no chunk", { chunkNames: [] }],
    ["too many chunks", { chunkNames: [...names, CHUNK], leafCount: 1 }],
    ["a chunk twice", { chunkNames: [CHUNK, CHUNK], leafCount: 1 }],
    ["no leaf", { leafCount: 0 }],
    ["too many leaves", { leafCount: 65 }],
    ["too many leaves of all chunks together", { chunkNames: names, leafCount: 4 }],
    ["too much work", { difficulty: 1_000_001 }],
    ["no work", { difficulty: 0 }],
    ["a short seed", { seed: randomBytes(31) }],
    ["a short id", { challengeId: randomBytes(15) }],
    ["a long selection id", { selectionId: randomBytes(17) }],
    ["no time", { deadlineMs: 0 }],
    ["more time than an exchange has", { deadlineMs: 10_001 }],
  ])("refuses to prove with %s", async (_, change) => {
    await expect(answered({}, change)).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
  });

  describe("tells whether the question was delivered:", () => {
    const ask = (stream: ByteStream, delivered: string[]) =>
      requestProofChallenge(stream, { ...challenge, grant, onDelivered: () => void delivered.push("delivered") });

    it("yes, once, before the answer, and also where none comes", async () => {
      const [near, far] = createMemoryStreamPair();
      const delivered: string[] = [];
      const asked = ask(near, delivered).catch((error: unknown) => error);
      await vi.waitFor(() => expect(delivered).toEqual(["delivered"]));
      expect(far.waitingBytes).toBeGreaterThan(100);
      await far.closeWrite();
      expect(await asked).toMatchObject({ code: "PROTOCOL_ERROR" });
      expect(delivered).toEqual(["delivered"]);
    });

    it("no, where the connection ends before", async () => {
      const [near] = createMemoryStreamPair();
      near.abort(new AppError("NODE_UNREACHABLE", "gone"));
      const delivered: string[] = [];
      await expect(ask(near, delivered)).rejects.toMatchObject({ code: "NODE_UNREACHABLE" });
      expect(delivered).toEqual([]);
    });
  });
});
