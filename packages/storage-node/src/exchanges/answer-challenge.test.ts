import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { verifyAuditAnswer } from "@commonhold/chunk/audit-answer.ts";
import { chunkNameOf } from "@commonhold/chunk/merkle.ts";
import { AppError } from "@commonhold/core/app-error.ts";
import type { AuditAnswer } from "@commonhold/core/audit/audit-answer.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import { createIdentity, verifySignature } from "@commonhold/p2p/identity.ts";
import { challengeNameOf } from "@commonhold/wire/challenge-name.ts";
import { type ProofChallenge, requestProofChallenge } from "@commonhold/wire/exchanges/proof-challenge.ts";
import { PROTOCOLS, SEALED_LENGTH_MAX } from "@commonhold/wire/protocols.ts";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { ChunkFiles } from "../chunk-store/chunk-files.ts";
import type { ChunkStore } from "../chunk-store/chunk-store.ts";
import { ExchangeNetwork, type ServingNode, sealedChunk } from "../testing/exchange-network.ts";
import { createFailingChunkFiles } from "../testing/failing-chunk-files.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { openTestStore } from "../testing/open-test-store.ts";
import { tempFolder } from "../testing/temp-folder.ts";
import type { TestChunk } from "../testing/test-chunks.ts";
import { createUnsyncedChunkFiles } from "../testing/unsynced-chunk-files.ts";
import { type AnswerChallengeDeps, createAnswerChallenge } from "./answer-challenge.ts";

// A busy machine needs more than the usual 5 s.
vi.setConfig({ testTimeout: 60_000 });

const identity = createIdentity();
const never = new AbortController().signal;
const challenger = { peerId: "coordinator", signal: never };
const CHUNKS = [1, 2, 3].map((seed) => sealedChunk(seed, 40_000 * seed));
const [first, second] = CHUNKS as [TestChunk, TestChunk, TestChunk];

function challengeFor(chunks: readonly TestChunk[]): ProofChallenge {
  return {
    challengeId: new Uint8Array(16).fill(1),
    selectionId: new Uint8Array(16).fill(1),
    chunkNames: chunks.map(({ name }) => name),
    seed: new Uint8Array(32).fill(2),
    leafCount: 3,
    difficulty: 10,
    deadlineMs: 2000,
  };
}

function verdictOn(challenge: ProofChallenge, answer: AuditAnswer, nodeId = identity.peerId) {
  return verifyAuditAnswer({ ...challenge, nodeId: nodeId as NodeId }, answer, verifySignature);
}

function pathOf(folder: string, name: ChunkName): string {
  return join(folder, "chunks", name.slice(0, 1), name.slice(1, 2), name);
}

describe("an audit over the network", () => {
  async function scene(chunks: readonly TestChunk[]) {
    const world = await ExchangeNetwork.create();
    const node = await world.addNode();
    for (const { name, sealed } of chunks) await node.store.store(name, sealed);
    return { world, node };
  }

  function ask(world: ExchangeNetwork, node: ServingNode, challenge: ProofChallenge, granted = challenge.chunkNames) {
    const grant = world.grant(node.peerId, "challenge", { chunkName: challengeNameOf(granted) });
    return world.host.exchange(
      node.target,
      PROTOCOLS.proofChallenge,
      ({ stream }) => requestProofChallenge(stream, { ...challenge, grant }),
      { signal: never, timeoutMs: 10_000 },
    );
  }

  it("is answered so that the chunks' names alone show that it is right", async () => {
    const { world, node } = await scene(CHUNKS);
    const challenge = challengeFor(CHUNKS);
    const answer = await ask(world, node, challenge);
    expect(verdictOn(challenge, answer, node.peerId)).toEqual({
      kind: "judged",
      chunks: ["passed", "passed", "passed"],
    });
    expect(node.outcomes).toEqual(["proofChallenge OK"]);
  });

  it("finds rot, says so of this chunk alone, and takes it out of service", async () => {
    const { world, node } = await scene(CHUNKS);
    const rotten = Buffer.from(second.sealed);
    rotten[second.sealed.length - 1]! ^= 1;
    writeFileSync(pathOf(node.folder, second.name), rotten);
    const challenge = challengeFor(CHUNKS);
    const answer = await ask(world, node, challenge);
    expect(answer.proofs[1]).toEqual({ kind: "lost", reason: "CHUNK_CORRUPT" });
    expect(verdictOn(challenge, answer, node.peerId)).toMatchObject({ chunks: ["passed", "lost", "passed"] });
    expect(await node.store.holds(second.name)).toBe(false);
    expect(node.store.losses(10).map(({ name }) => name)).toEqual([second.name]);
  });

  it("says what it does not hold, and notes what it should", async () => {
    const { world, node } = await scene([first, second]);
    rmSync(pathOf(node.folder, second.name));
    const challenge = challengeFor(CHUNKS);
    const answer = await ask(world, node, challenge);
    expect(answer.proofs.slice(1)).toEqual([
      { kind: "lost", reason: "CHUNK_NOT_FOUND" },
      { kind: "lost", reason: "CHUNK_NOT_FOUND" },
    ]);
    expect(verdictOn(challenge, answer, node.peerId)).toMatchObject({ chunks: ["passed", "lost", "lost"] });
    expect(node.store.losses(10).map(({ name }) => name)).toEqual([second.name]);
  });

  it("needs a grant for exactly these chunks in this order", async () => {
    const { world, node } = await scene(CHUNKS);
    const challenge = challengeFor(CHUNKS);
    const names = challenge.chunkNames;
    for (const granted of [names.slice(0, 2), names.toReversed(), [...names, sealedChunk(9).name]]) {
      await expect(ask(world, node, challenge, granted)).rejects.toMatchObject({ code: "INVALID_GRANT" });
    }
  });
});

describe("a node that answers", () => {
  async function openStore(files?: ChunkFiles): Promise<ChunkStore> {
    const store = await openTestStore(tempFolder(), {
      nameOf: chunkNameOf,
      ...(files !== undefined && { files }),
    });
    onTestFinished(() => store.close());
    for (const { name, sealed } of CHUNKS) await store.store(name, sealed);
    return store;
  }

  /** Hands out memory, and knows how much of it is out at once. */
  function countedBuffers() {
    const out = { now: 0, most: 0 };
    const lease = (length: number) => {
      out.most = Math.max(out.most, ++out.now);
      const bytes = new Uint8Array(length);
      const release = () => {
        out.now -= 1;
        bytes.fill(0xee);
      };
      return { bytes, release };
    };
    return { out, lease };
  }

  function answererWith(parts: Pick<AnswerChallengeDeps, "store"> & Partial<AnswerChallengeDeps>) {
    const warnings: unknown[] = [];
    const questions: unknown[] = [];
    const buffers = countedBuffers();
    const logger = {
      warn: (...args: unknown[]) => void warnings.push(args),
      debug: (question: unknown) => void questions.push(question),
    } as unknown as AnswerChallengeDeps["logger"];
    const deps: AnswerChallengeDeps = { buffers, clock: new ManualClock(), identity, logger, ...parts };
    return { answer: createAnswerChallenge(deps), buffers, warnings, questions };
  }

  it("notes what it was sent, so that its operator can hold the coordinator to it", async () => {
    const { answer, questions } = answererWith({ store: await openStore() });
    await answer(challengeFor([first]), challenger);
    expect(questions).toEqual([{ challenge_id: "01".repeat(16), seed: "02".repeat(32), chunks: 1 }]);
  });

  it("has the memory of one chunk at a time, and gives it back", async () => {
    const { answer, buffers } = answererWith({ store: await openStore() });
    const challenge = challengeFor(CHUNKS);
    // The memory is filled with other bytes as soon as it is back, so the leaves are copies.
    const verdict = verdictOn(challenge, await answer(challenge, challenger));
    expect(verdict).toMatchObject({ chunks: ["passed", "passed", "passed"] });
    expect(buffers.out).toEqual({ now: 0, most: 1 });
  });

  it("works on one challenge of a peer at a time, and on those of several at once", async () => {
    const store = await openStore();
    const busy: string[] = [];
    let most = 0;
    const gates: (() => void)[] = [];
    const read: ChunkStore["read"] = async (name, options) => {
      busy.push(name);
      most = Math.max(most, busy.length);
      await new Promise<void>((resolve) => gates.push(resolve));
      busy.pop();
      return await store.read(name, options);
    };
    const watched = { read, markDamaged: () => {}, verify: (name: ChunkName) => store.verify(name) };
    const { answer } = answererWith({ store: watched });
    const asked = ["a", "a", "a", "b"].map((peerId) => answer(challengeFor([first]), { peerId, signal: never }));
    for (let left = asked.length; left > 0; left--) {
      await vi.waitFor(() => expect(gates.length).toBeGreaterThan(0));
      gates.shift()!();
    }
    await Promise.all(asked);
    expect(most).toBe(2);
  });

  it("does not begin what nobody waits for any more", async () => {
    const { answer } = answererWith({ store: await openStore() });
    const signal = AbortSignal.abort(new AppError("TIMEOUT", "too late"));
    await expect(answer(challengeFor(CHUNKS), { peerId: "a", signal })).rejects.toMatchObject({ code: "TIMEOUT" });
    await expect(answer(challengeFor(CHUNKS), challenger)).resolves.toBeDefined();
  });

  it("says that a chunk is lost which the disk does not give back, and shows the others", async () => {
    const files = createFailingChunkFiles(createUnsyncedChunkFiles(new ManualClock()));
    const store = await openStore(files);
    const { answer, buffers } = answererWith({ store });
    // The second chunk, at each of three tries.
    files.failAt(2, 4);
    const proofs = await answer(challengeFor(CHUNKS), challenger);
    expect(proofs.proofs.map(({ kind }) => kind)).toEqual(["proof", "lost", "proof"]);
    expect(proofs.proofs[1]).toEqual({ kind: "lost", reason: "CHUNK_CORRUPT" });
    expect(store.losses(10).map(({ name }) => name)).toEqual([second.name]);
    expect(buffers.out.now).toBe(0);
  });

  it("fails where the disk fails once, and loses nothing", async () => {
    const files = createFailingChunkFiles(createUnsyncedChunkFiles(new ManualClock()));
    const store = await openStore(files);
    const { answer, buffers } = answererWith({ store });
    files.failAt(2);
    await expect(answer(challengeFor(CHUNKS), challenger)).rejects.toMatchObject({ code: "STORAGE_FAILURE" });
    expect(store.losses(10)).toEqual([]);
    expect(buffers.out.now).toBe(0);
    await expect(answer(challengeFor(CHUNKS), challenger)).resolves.toBeDefined();
  });

  it("reads four of the largest chunks for one challenge, and no more", async () => {
    const chunks = [5, 6, 7, 8, 9].map((seed) => sealedChunk(seed, SEALED_LENGTH_MAX));
    const reads: ChunkName[] = [];
    const read = async (name: ChunkName) => {
      reads.push(name);
      return chunks.find((chunk) => chunk.name === name)!.sealed;
    };
    const store = { read, markDamaged: () => {}, verify: async () => ({ kind: "deleted" }) as const };
    const { answer } = answererWith({ store });
    await expect(answer(challengeFor(chunks.slice(1)), challenger)).resolves.toBeDefined();
    reads.length = 0;
    await expect(answer(challengeFor(chunks), challenger)).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
    expect(reads).toHaveLength(5);
  });

  it("warns its operator when it is too slow, and answers all the same", async () => {
    const clock = new ManualClock();
    const store = await openStore();
    const read: ChunkStore["read"] = async (name, options) => {
      clock.advance(1500);
      return await store.read(name, options);
    };
    const slow = { read, markDamaged: () => {}, verify: (name: ChunkName) => store.verify(name) };
    const { answer, warnings } = answererWith({ store: slow, clock });
    const inTime = await answer(challengeFor([first]), challenger);
    expect([inTime.durationUs, warnings]).toEqual([1_500_000, []]);
    const late = await answer(challengeFor([first, second]), challenger);
    expect(late.durationUs).toBe(3_000_000);
    expect(warnings).toMatchObject([[{ durationMs: 3000, deadlineMs: 2000, chunks: 2 }, expect.any(String)]]);
  });

  it("refuses a question out of bounds before it reads a byte", async () => {
    const read = () => Promise.reject(new Error("read"));
    const store = { read, markDamaged: () => {}, verify: () => Promise.reject(new Error("read")) };
    const { answer } = answererWith({ store });
    const tooMuch = { ...challengeFor(CHUNKS), difficulty: 1_000_000_000 };
    await expect(answer(tooMuch, challenger)).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
  });
});
