import type { AuditReply, AuditTransport, TimedQuestion } from "@commonhold/coordinator/audits/audit-transport.ts";
import { EXCHANGE_TIMEOUT_MS } from "@commonhold/wire/protocols.ts";
import type { CoordinatorLife } from "../coordinator/coordinator-life.ts";
import type { EconomyNode } from "./economy-node.ts";
import type { EconomyWorld } from "./economy-world.ts";
import { sayProofs } from "./say-proofs.ts";

const TIMEOUT_MS = EXCHANGE_TIMEOUT_MS.proofChallenge;
/** Anybody may have too much to do for a moment. */
const REFUSED_SHARE = 0.001;
const SLOW_CHUNK_MS = { from: 250, to: 900 };
const FETCHED_MS = { from: 2_200, to: 8_000 };

/** Puts questions to simulated nodes: real answers, verified as ever; only the way there and back takes made-up time. */
export function createSimulatedAuditTransport(world: EconomyWorld, life: CoordinatorLife): AuditTransport {
  const { signal } = new AbortController();
  const pass = (ms: number): Promise<void> => life.through(() => world.time.sleep(Math.round(ms), signal));

  const reply = async (node: EconomyNode, question: TimedQuestion): Promise<AuditReply> => {
    await pass(node.random.between(5, 80));
    if (!node.isUp) return { kind: "offline", detail: "not reached" };
    const deliveredAtMs = world.time.elapsedMs;
    const silence = async (): Promise<AuditReply> => {
      await pass(deliveredAtMs + TIMEOUT_MS - world.time.elapsedMs);
      return { kind: "silent", detail: "no answer" };
    };
    if (node.random.isLucky(REFUSED_SHARE)) return { kind: "refused", detail: "busy" };
    const isCheating = node.cheats(deliveredAtMs);
    const tookMs = answerMs(node, question, isCheating);
    if (tookMs >= TIMEOUT_MS) return await silence();
    await pass(tookMs);
    if (!node.isUp || world.time.elapsedMs < node.mutedUntilMs) return await silence();
    const chunkOf = (name: string) => world.chunks.get(name);
    const answer = sayProofs({ node, question, chunkOf, isCheating });
    if (answer === undefined) return await silence();
    return { kind: "answered", answer, durationMs: world.time.elapsedMs - deliveredAtMs };
  };

  return {
    ask: async (question) => await reply(world.nodes.get(question.nodeId)!, question),
  };
}

function answerMs({ kind, random }: EconomyNode, { chunkNames }: TimedQuestion, isCheating: boolean): number {
  const usual = random.between(20, 200);
  if (kind === "slow") return usual + chunkNames.length * random.between(SLOW_CHUNK_MS.from, SLOW_CHUNK_MS.to);
  if (kind === "fetching" && isCheating) return random.between(FETCHED_MS.from, FETCHED_MS.to);
  return usual;
}
