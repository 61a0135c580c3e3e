import { proveChunk } from "@commonhold/chunk/audit-answer.ts";
import { chunkNameOf } from "@commonhold/chunk/merkle.ts";
import { withBitFlipped } from "@commonhold/chunk/testing/test-bytes.ts";
import type { AuditAnswer, ChunkProof } from "@commonhold/core/audit/audit-answer.ts";
import type { AuditOutcome } from "@commonhold/core/audit/audit-outcome.ts";
import { LEAF_SIZE_BYTES } from "@commonhold/core/audit/merkle-proof.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { createIdentity } from "@commonhold/p2p/identity.ts";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import { challengeNameOf } from "@commonhold/wire/challenge-name.ts";
import { type ProofChallenge, requestProofChallenge } from "@commonhold/wire/exchanges/proof-challenge.ts";
import { PROTOCOLS } from "@commonhold/wire/protocols.ts";
import { afterEach, describe, expect, it } from "vitest";
import { createGrantIssuer } from "../transfers/grant-issuer.ts";
import {
  type AuditNetwork,
  CYCLE_MS,
  honestAnswer,
  openAuditNetwork,
  type ProvingAnswer,
  type ProvingNode,
  proofsOf,
  refusal,
  signed,
  silence,
} from "./audit-network.fixture.ts";
import { resumeUnanswered, settleForgotten } from "./audit-recovery.ts";

let network: AuditNetwork;
afterEach(() => network.close());

const MINUTE_MS = 60_000;
/** Long enough for all that is asked again before the copies' next turn. */
const HOUR_MS = 60 * MINUTE_MS;
const STEP_MS = 5_000;
const outcomes = (): (AuditOutcome | null)[] => network.settled.flatMap((settled) => settled.outcomes);
const reputation = async (node: ProvingNode) => {
  await network.api.directory.refreshReputations();
  return network.api.directory.reputationOf(node.id).state;
};

/** One node that holds one chunk, of several leaves where nothing else is said. */
async function openWith(answer: ProvingAnswer | undefined, cycleMs = CYCLE_MS) {
  network = await openAuditNetwork({ nodes: 2, options: { cycleMs } });
  const [node, other] = network.nodes as [ProvingNode, ProvingNode];
  node.answer = answer;
  const name = await network.store([node], { length: 20 * LEAF_SIZE_BYTES });
  return { node, other, name };
}

/** All proofs of an honest answer, each changed. */
function bent(bend: (proof: Extract<ChunkProof, { readonly kind: "proof" }>) => ChunkProof): ProvingAnswer {
  return async (challenge, node) => {
    const proofs = proofsOf(challenge, (name) => node.chunks.get(name));
    return signed(
      challenge,
      node,
      proofs.map((proof) => (proof.kind === "proof" ? bend(proof) : proof)),
    );
  };
}

/** What a node that no longer has the bytes may say. */
const FORGERIES: Readonly<Record<string, ProvingAnswer>> = {
  "keeps all hashes but no bytes": bent((proof) => ({
    ...proof,
    leaves: proof.leaves.map((leaf) => ({ ...leaf, leaf: new Uint8Array(leaf.leaf.length).fill(7) })),
  })),
  "flips a bit of a leaf": bent((proof) => ({
    ...proof,
    leaves: proof.leaves.map((leaf) => ({ ...leaf, leaf: withBitFlipped(leaf.leaf, 1_000) })),
  })),
  "flips a bit of a path": bent((proof) => ({
    ...proof,
    leaves: proof.leaves.map((leaf) => ({ ...leaf, path: leaf.path.map((hash) => withBitFlipped(hash, 3)) })),
  })),
  "shows the leaf next to the one that was asked for": async (challenge, node) => {
    const proofs = challenge.chunkNames.map((name) => leafOf(node.chunks.get(name)!, name, challenge, 1));
    return signed(challenge, node, proofs);
  },
  "says that the chunk is shorter, so that the first leaf is the only one": bent((proof) => ({
    ...proof,
    chunkLength: LEAF_SIZE_BYTES,
  })),
  "closes with another hash": async (challenge, node) => {
    const answer = await honestAnswer(challenge, node);
    return { ...answer, digest: withBitFlipped(answer.digest, 0) };
  },
  "closes without the work": async (challenge, node) =>
    signed(
      { ...challenge, difficulty: 1 },
      node,
      proofsOf(challenge, (name) => node.chunks.get(name)),
    ),
  "closes with another seed": async (challenge, node) =>
    signed(
      { ...challenge, seed: new Uint8Array(32) },
      node,
      proofsOf(challenge, (name) => node.chunks.get(name)),
    ),
  "signs with another key": async (challenge, node) =>
    signed(
      challenge,
      { ...node, identity: createIdentity() },
      proofsOf(challenge, (name) => node.chunks.get(name)),
    ),
  "answers for another node": async (challenge, node) =>
    signed(
      challenge,
      { ...node, id: createIdentity().peerId as never },
      proofsOf(challenge, (name) => node.chunks.get(name)),
    ),
  "answers for another chunk": async (challenge, node) => {
    const others = challenge.chunkNames.map((): ChunkProof => {
      const bytes = systemRandom.bytes(20 * LEAF_SIZE_BYTES);
      return proofOfOther(bytes, challenge);
    });
    return signed(challenge, node, others);
  },
  "answers for more chunks than it was asked for": async (challenge, node) => {
    const answer = await honestAnswer(challenge, node);
    return { ...answer, proofs: [...answer.proofs, { kind: "lost", reason: "CHUNK_NOT_FOUND" }] };
  },
};

/** A proof of another leaf than the selected one, right in itself. */
function leafOf(bytes: Uint8Array, name: ChunkName, challenge: ProofChallenge, shift: number): ChunkProof {
  const wanted = proveChunk(bytes, name, challenge);
  for (let attempt = 0; ; attempt++) {
    const seed = new Uint8Array(32).fill(attempt + shift);
    const proof = proveChunk(bytes, name, { ...challenge, seed });
    if (proof.kind !== "proof" || wanted.kind !== "proof") throw new Error("no proof");
    if (proof.leaves[0]!.index !== wanted.leaves[0]!.index) return proof;
  }
}

function proofOfOther(bytes: Uint8Array, challenge: ProofChallenge): ChunkProof {
  const [leaf] = proofsOf({ ...challenge, chunkNames: [chunkNameOf(bytes)] }, () => bytes);
  return leaf!;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("a node that", () => {
  it.each(Object.entries(FORGERIES))(
    "%s is found out: the copy is doubted, repaired, and counts against it",
    async (_, answer) => {
      const { node, name } = await openWith(answer);
      await network.pass(CYCLE_MS);
      expect(outcomes()).toEqual(["wrong"]);
      expect(await network.stateOf(name, node)).toBe("doubtful");
      expect(network.repairs).toEqual([name]);
      expect((await reputation(node)).auditBeta).toBeCloseTo(1);
      expect(network.standings.at(-1)?.closerLookUntilMs).toBeGreaterThan(network.api.clock.nowMs());
      await network.pass(CYCLE_MS);
      expect(node.asked).toHaveLength(1);
    },
  );

  it("replays an answer that was right is found out, whether it signs anew or not", async () => {
    for (const sign of [false, true]) {
      let kept: AuditAnswer | undefined;
      const { node, name } = await openWith(async (challenge, self) => {
        const before = kept;
        kept ??= await honestAnswer(challenge, self);
        if (before === undefined || !sign) return kept;
        return { ...signed(challenge, self, before.proofs), digest: before.digest };
      });
      await network.pass(CYCLE_MS);
      expect(outcomes()).toEqual(["passed"]);
      await network.pass(CYCLE_MS);
      expect(outcomes()).toEqual(["passed", "wrong"]);
      expect(await network.stateOf(name, node)).toBe("doubtful");
      if (!sign) await network.close();
    }
  });

  it("answers right, and too late, proves nothing; that counts neither against its honesty nor as its error", async () => {
    const { node, name } = await openWith(async (challenge, self) => {
      network.api.clock.advance(2_001);
      return honestAnswer(challenge, self);
    });
    await network.pass(CYCLE_MS);
    expect(outcomes()).toEqual(["late"]);
    expect(await network.stateOf(name, node)).toBe("active");
    expect(await reputation(node)).toMatchObject({ auditBeta: 0, errorBeta: 0, passedTotal: 0 });
  });

  it("answers wrongly, and too late, is found out all the same", async () => {
    const { node, name } = await openWith(async (challenge, self, exchange) => {
      network.api.clock.advance(2_001);
      return FORGERIES["flips a bit of a leaf"]!(challenge, self, exchange);
    });
    await network.pass(CYCLE_MS);
    expect(outcomes()).toEqual(["wrong"]);
    expect(await network.stateOf(name, node)).toBe("doubtful");
  });

  it("says itself that it has lost a chunk loses no reputation; the copy is repaired", async () => {
    const { node, name } = await openWith(undefined);
    node.chunks.delete(name);
    await network.pass(CYCLE_MS);
    expect(outcomes()).toEqual(["lost"]);
    expect(await network.stateOf(name, node)).toBe("doubtful");
    expect(network.repairs).toEqual([name]);
    expect(await reputation(node)).toMatchObject({ auditBeta: 0, errorBeta: 0, closerLookUntilMs: null });
  });
});

describe("a node that says nothing once it has seen the question", () => {
  it("is asked for the same leaves again, three times, then it has failed", async () => {
    const { node, name } = await openWith(silence, 4 * HOUR_MS);
    await untilAsked(node);
    await network.pass(HOUR_MS / 2, STEP_MS);
    expect(outcomes()).toEqual(["silent", "silent", "silent", "silent"]);
    expect(new Set(node.asked.map(({ challengeId }) => hex(challengeId))).size).toBe(4);
    expect(new Set(node.asked.map(({ selectionId, seed }) => hex(selectionId) + hex(seed))).size).toBe(1);
    expect(await network.stateOf(name, node)).toBe("doubtful");
    expect(network.repairs).toEqual([name]);
    expect((await reputation(node)).auditBeta).toBeCloseTo(1);
  });

  it("and answers when it is asked again has only been slow once", async () => {
    const { node, name } = await openWith(silence, 4 * HOUR_MS);
    await untilAsked(node);
    node.answer = undefined;
    await network.pass(HOUR_MS / 2, STEP_MS);
    expect(outcomes()).toEqual(["silent", "passed"]);
    expect(await network.stateOf(name, node)).toBe("active");
    expect(await reputation(node)).toMatchObject({ auditBeta: 0, passedTotal: 1 });
  });

  it("and shows another leaf when it is asked again is found out", async () => {
    const { node, name } = await openWith(silence, 4 * HOUR_MS);
    await untilAsked(node);
    node.answer = FORGERIES["shows the leaf next to the one that was asked for"];
    await network.pass(HOUR_MS / 2, STEP_MS);
    expect(outcomes()).toEqual(["silent", "wrong"]);
    expect(await network.stateOf(name, node)).toBe("doubtful");
  });

  it("is asked again also when the coordinator was started anew meanwhile", async () => {
    const { node } = await openWith(silence, 4 * HOUR_MS);
    await untilAsked(node);
    await network.service.stop();
    const again = network.restarted();
    await resumeUnanswered({ ...network, clock: network.api.clock, logger: { info: () => undefined } }, again);
    for (let passedMs = 0; passedMs < HOUR_MS / 2; passedMs += STEP_MS) {
      again.tick();
      await again.idle();
      network.api.clock.advance(STEP_MS);
    }
    expect(outcomes()).toEqual(["silent", "silent", "silent", "silent"]);
    expect((await reputation(node)).auditBeta).toBeCloseTo(1);
  });

  async function untilAsked(node: ProvingNode): Promise<void> {
    for (let passedMs = 0; node.asked.length === 0 && passedMs <= 4 * HOUR_MS; passedMs += STEP_MS) {
      await network.pass(STEP_MS, STEP_MS);
    }
    expect(outcomes()).toEqual(["silent"]);
  }
});

describe("a node that refuses every question", () => {
  it("is suspended, and what it does not show is made anew; its honesty is not touched", async () => {
    network = await openAuditNetwork();
    const [node] = network.nodes as [ProvingNode];
    node.answer = () => Promise.reject(refusal());
    const names = [];
    for (let chunk = 0; chunk < 8; chunk++) names.push(await network.store([node]));
    await network.pass(2 * HOUR_MS, STEP_MS);
    expect(new Set(outcomes())).toEqual(new Set(["refused"]));
    expect(network.standings.at(-1)?.standing).toBe("suspended");
    expect(network.standings.flatMap(({ changes }) => changes)).toEqual([expect.stringContaining("error score")]);
    expect((await reputation(node)).auditBeta).toBe(0);
    for (const name of names) expect(await network.stateOf(name, node)).toBe("doubtful");
    expect(network.api.directory.placeableNodes().find(({ id }) => id === node.id)?.presence).toBe("other");
  });
});

describe("a node that breaks off", () => {
  it.each<readonly [string, ProvingAnswer, AuditOutcome]>([
    ["the stream", () => Promise.reject(new Error("evil")), "error"],
    ["everything", (_challenge, node) => node.host.stop(0).then(() => new Promise<never>(() => {})), "error"],
  ])("%s once it has seen the question has not answered", async (_, answer, outcome) => {
    await openWith(answer, 4 * HOUR_MS);
    for (let passedMs = 0; network.settled.length === 0 && passedMs <= 4 * HOUR_MS; passedMs += STEP_MS) {
      await network.pass(STEP_MS, STEP_MS);
    }
    expect(outcomes()).toEqual([outcome]);
  });

  it("and cannot be reached any more is a matter of its uptime alone", async () => {
    const { node, name } = await openWith(undefined);
    await node.host.stop(0);
    await network.pass(CYCLE_MS);
    expect(outcomes()).toEqual(["offline"]);
    expect(await network.stateOf(name, node)).toBe("active");
    expect(await reputation(node)).toMatchObject({ auditBeta: 0, errorBeta: 0 });
  });
});

describe("a node that keeps six of eight leaves of each chunk", () => {
  it("is found out as 1 − (1 − f)^c says", async () => {
    network = await openAuditNetwork();
    const [node] = network.nodes as [ProvingNode];
    const count = 240;
    const share = 2 / 8;
    node.answer = bent((proof) => ({
      ...proof,
      leaves: proof.leaves.map((each) => (each.index < 2 ? { ...each, leaf: new Uint8Array(each.leaf.length) } : each)),
    }));
    for (let chunk = 0; chunk < count; chunk++) await network.store([node], { length: 8 * LEAF_SIZE_BYTES });
    for (let samples = 1; samples <= 4; samples++) {
      await network.pass(CYCLE_MS);
      const expected = 1 - (1 - share) ** samples;
      const deviation = Math.sqrt((expected * (1 - expected)) / count);
      expect(Math.abs(network.repairs.length / count - expected)).toBeLessThan(5 * deviation);
    }
    expect(network.standings.at(-1)?.standing).toBe("disqualified");
    expect(network.api.directory.get(node.id)).toBeDefined();
    const row = await network.api.metadata.read.selectFrom("nodes").select("declared_state").executeTakeFirstOrThrow();
    expect(row.declared_state).toBe("banned");
  });
});

describe("a challenge", () => {
  it("that no coordinator of the node has issued is refused", async () => {
    const { node, name } = await openWith(undefined);
    const stranger = createIdentity();
    const host = await network.network.createHost(stranger.peerId);
    const challenge = {
      challengeId: new Uint8Array(16),
      selectionId: new Uint8Array(16),
      chunkNames: [name],
      seed: new Uint8Array(32),
      leafCount: 1,
      difficulty: 1,
      deadlineMs: 2_000,
    };
    const sign = (bytes: Uint8Array) => stranger.sign(bytes);
    const grants = createGrantIssuer({ issuer: stranger.peerId, sign, clock: network.api.clock, random: systemRandom });
    const grant = grants.issue({ action: "challenge", nodeId: node.id, name: challengeNameOf([name]) });
    const target = { peerId: node.id, addresses: node.host.addresses() };
    const options = { signal: new AbortController().signal, timeoutMs: 5_000 };
    const asking = host.exchange(
      target,
      PROTOCOLS.proofChallenge,
      ({ stream }) => requestProofChallenge(stream, { ...challenge, grant }),
      options,
    );
    await expect(asking).rejects.toMatchObject({ code: "INVALID_GRANT" });
    expect(node.asked).toEqual([]);
    await host.stop(0);
  });

  it("that is unknown or settled already counts nothing, whatever is said of it", async () => {
    const { node } = await openWith(undefined);
    await network.pass(CYCLE_MS);
    const before = await reputation(node);
    const wrong = { outcomes: ["wrong"] as const, isFinal: false, durationMs: 1, nodeUs: 1, detail: undefined };
    const ids = [node.asked[0]!.challengeId, systemRandom.bytes(16)];
    const nowMs = network.api.clock.nowMs();
    expect(
      await network.ledger.record(
        ids.map((id) => ({ id, ...wrong })),
        nowMs,
      ),
    ).toEqual([]);
    expect(await reputation(node)).toEqual(before);
  });

  it("that a killed coordinator left open is closed as an error of ours, and counts nothing", async () => {
    const never = { ask: () => new Promise<never>(() => {}) };
    network = await openAuditNetwork();
    const [node] = network.nodes as [ProvingNode];
    await network.store([node]);
    const killed = network.restarted(never);
    for (let passedMs = 0; passedMs < CYCLE_MS; passedMs += 1_000) {
      await network.periods.open("2026-01-31", network.api.clock.nowMs());
      killed.tick();
      await new Promise((resolve) => setImmediate(resolve));
      network.api.clock.advance(1_000);
    }
    const open = await network.ledger.unsettled(network.api.clock.nowMs(), 10);
    expect(open).toHaveLength(1);
    const parts = { ...network, clock: network.api.clock, logger: { info: () => undefined } };
    expect(await settleForgotten(parts, network.api.clock.nowMs(), new AbortController().signal)).toBe(1);
    const row = await network.api.metadata.read.selectFrom("audit_challenges").selectAll().executeTakeFirstOrThrow();
    expect(row).toMatchObject({ outcomes: "-", is_passed: 0, detail: expect.stringContaining("coordinator") });
    expect(await network.api.metadata.read.selectFrom("node_reputations").selectAll().execute()).toEqual([]);
    const days = await network.api.metadata.read.selectFrom("node_days").selectAll().execute();
    expect(days.filter(({ audits_error, audits_wrong }) => audits_error + audits_wrong > 0)).toEqual([]);
  });
});
