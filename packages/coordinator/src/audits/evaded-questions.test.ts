import { ASKED_MAX } from "@commonhold/core/audit/audit-pace.ts";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import { afterEach, describe, expect, it } from "vitest";
import {
  type AuditNetwork,
  CYCLE_MS,
  honestAnswer,
  openAuditNetwork,
  type ProvingNode,
  refusal,
  silence,
} from "./audit-network.fixture.ts";
import type { AuditLedger, IssuedChallenge } from "./audit-ledger.ts";
import { resumeUnanswered } from "./audit-recovery.ts";

let network: AuditNetwork;
afterEach(() => network.close());

const outcomes = () => network.settled.flatMap((settled) => settled.outcomes);

async function openWith(answer: NonNullable<ProvingNode["answer"]>) {
  network = await openAuditNetwork();
  const [node] = network.nodes as [ProvingNode];
  node.answer = answer;
  return { node, name: await network.store([node]) };
}

describe("a node that reports a loss only once it is asked", () => {
  it("has failed its audit all the same", async () => {
    const { node, name } = await openWith(async (challenge, self) => {
      await network.catalog.doubtReplicas(self.id, challenge.chunkNames, network.api.clock.nowMs());
      self.chunks.clear();
      return honestAnswer(challenge, self);
    });
    await network.pass(CYCLE_MS);
    expect(outcomes()).toEqual(["lost"]);
    expect(await network.stateOf(name, node)).toBe("doubtful");
  });
});

describe("a question that was met by silence", () => {
  it.each([
    ["was given up half-way", [null]],
    ["did not reach the node", ["offline"]],
  ] as const)("is asked again after a new start also where the second time %s", async (_, unasked) => {
    const { node, name } = await openWith(silence);
    for (let passedMs = 0; node.asked.length === 0 && passedMs <= CYCLE_MS; passedMs += 1_000) {
      await network.pass(1_000);
    }
    await network.service.stop();
    expect(outcomes()).toEqual(["silent"]);
    const { ledger, api } = network;
    const resumed = async () => {
      const asked: unknown[] = [];
      const deps = { ledger, clock: api.clock, logger: { info: () => undefined } };
      await resumeUnanswered(deps, { resume: (id, { chunkNames }, attempt) => asked.push([id, chunkNames, attempt]) });
      return asked;
    };
    expect(await resumed()).toEqual([[node.id, [name], 1]]);
    const [first] = await ledger.unanswered(0);
    api.clock.advance(60_000);
    const issuedAtMs = api.clock.nowMs();
    const id = systemRandom.bytes(16);
    await ledger.issue({ ...first!, id, attempt: 2, issuedAtMs, deadlineAtMs: issuedAtMs });
    const result = { isFinal: false, durationMs: undefined, nodeUs: undefined, detail: undefined };
    await ledger.record([{ id, outcomes: unasked, ...result }], issuedAtMs);
    expect(await resumed()).toEqual([[node.id, [name], 1]]);
  });
});

describe("a node that refuses for ever", () => {
  it("is suspended, and after a while let go: it drains, and can be read from meanwhile", async () => {
    network = await openAuditNetwork({ terms: { suspendedMsMax: CYCLE_MS } });
    const [node] = network.nodes as [ProvingNode];
    node.answer = async () => {
      throw refusal();
    };
    for (let chunk = 0; chunk < 40; chunk++) await network.store([node]);
    const { directory } = network.api;
    const standings = () => new Set(network.standings.map(({ standing }) => standing));
    await network.pass(1_200_000, 5_000);
    expect(standings()).toContain("suspended");
    await network.pass(CYCLE_MS + 1_200_000, 5_000);
    expect([...standings()]).toEqual(["vetting", "suspended", "disqualified"]);
    await directory.reload(node.id);
    expect(directory.get(node.id)?.declared).toBe("draining");
    expect(directory.target(node.id)).toBeDefined();
  });
});

describe("a question whose answer could not be recorded", () => {
  it("waits once to be asked again, as if it had not been asked", async () => {
    await openWith(async () => {
      throw refusal();
    });
    const ledger = network.ledger as { -readonly [Name in "issue" | "record"]: AuditLedger[Name] };
    const { issue, record } = ledger;
    const issued: IssuedChallenge[] = [];
    ledger.issue = async (challenge) => {
      issued.push(challenge);
      await issue(challenge);
    };
    /** Each time that the leaves were asked for which were asked for first. */
    const ofFirst = () => {
      const first = Buffer.from(issued[0]!.selectionId);
      return issued.filter(({ selectionId }) => first.equals(selectionId));
    };
    let failures = 0;
    ledger.record = async (results, nowMs) => {
      const [, second] = ofFirst();
      const isSecond = second !== undefined && Buffer.from(second.id).equals(results[0]!.id);
      if (!isSecond) return await record(results, nowMs);
      failures += 1;
      throw new Error("the disk");
    };
    await network.pass(3_600_000);
    expect({ failures, attempts: ofFirst().map(({ attempt }) => attempt) }).toEqual({
      failures: 1,
      attempts: [1, 2, ...Array.from({ length: ASKED_MAX - 1 }, (_, at) => at + 2)],
    });
  });
});
