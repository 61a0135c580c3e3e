import { registrationProofBytes } from "@commonhold/coordinator/nodes/registration-proof.ts";
import { DAY_MS } from "@commonhold/core/economics/utc-day.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import { SimulationFailure } from "../checkers/simulation-failure.ts";
import type { Trace } from "../trace/trace.ts";
import { DayLinesChecker } from "./checkers/day-lines-checker.ts";
import { HonestyChecker } from "./checkers/honesty-checker.ts";
import { LedgerChecker } from "./checkers/ledger-checker.ts";
import { UptimeChecker } from "./checkers/uptime-checker.ts";
import type { EconomyBreakName } from "./economy-breaks.ts";
import type { EconomyChecker } from "./economy-checker.ts";
import { EconomyCoordinator } from "./economy-coordinator.ts";
import { EconomyFaults } from "./economy-faults.ts";
import { EconomyNode } from "./economy-node.ts";
import type { EconomyPace } from "./economy-pace.ts";
import { EconomyUsers } from "./economy-users.ts";
import { EconomyWorld } from "./economy-world.ts";
import { openInlineMetadata } from "./inline-metadata.ts";
import { chooseKinds, type NodeKind } from "./node-kinds.ts";

/** Enough that a node is found out before it has nothing left to be asked about. */
const COPIES_A_NODE = 80;
const COPIES_MEAN = 3;
const OWNERS_A_NODE = 0.4;
const OWNERS_MIN = 4;
/** In which nodes that cheat begin to. */
const CHEATING_FROM_DAYS = 2.5;
const START_OF_DAY_MS = 5.3 * 3_600_000;
/** A month ends in the middle of the run. */
const MONTH_END_MS = Date.UTC(2031, 1, 1);

export interface EconomyOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly days: number;
  readonly pace: EconomyPace;
  readonly broken?: EconomyBreakName | undefined;
}

export interface EconomyOutcome {
  readonly failure: SimulationFailure | undefined;
  readonly trace: Trace;
  readonly simulatedDays: number;
  readonly faults: ReadonlyMap<string, number>;
  readonly checkers: readonly EconomyChecker[];
  readonly kinds: ReadonlyMap<NodeKind, number>;
  readonly chunks: number;
}

/** A network whose nodes are asked for proofs and paid for them; everything follows from the options. */
export async function runEconomy(options: EconomyOptions): Promise<EconomyOutcome> {
  const { seed, pace, broken, days } = options;
  const startMs = MONTH_END_MS - Math.floor(days / 2) * DAY_MS + START_OF_DAY_MS;
  const metadata = await openInlineMetadata(startMs);
  try {
    const world = new EconomyWorld({ seed, startMs, pace, broken }, metadata);
    return await runWorld(world, options);
  } finally {
    await metadata.close();
  }
}

async function runWorld(world: EconomyWorld, options: EconomyOptions): Promise<EconomyOutcome> {
  const { time } = world;
  const checkers: EconomyChecker[] = [
    new HonestyChecker(world),
    new DayLinesChecker(world),
    new UptimeChecker(world),
    new LedgerChecker(world),
  ];
  const observers = [...checkers, { name: "faults", onReckoning: () => faults.settlementBegins(), verdict: () => [] }];
  const coordinator = new EconomyCoordinator(world, observers);
  const faults = new EconomyFaults(world, coordinator);
  const users = new EconomyUsers(world);
  const fileCount = Math.round((options.nodes * COPIES_A_NODE) / COPIES_MEAN);
  let failure: SimulationFailure | undefined;
  let kinds: readonly NodeKind[] = [];
  try {
    await users.join(Math.max(OWNERS_MIN, Math.round(options.nodes * OWNERS_A_NODE)), fileCount);
    await coordinator.start();
    kinds = await joinNodes(world, coordinator, options);
    await users.fill(fileCount, [...world.nodes.keys()]);
    faults.start();
    users.live(coordinator);
    time.every(DAY_MS, DAY_MS - START_OF_DAY_MS + DAY_MS / 2, () => void round(world, checkers));
    await time.run(options.days * DAY_MS);
    for (const checker of checkers) await checker.atEnd?.();
    time.throwIfStopped();
  } catch (error) {
    failure = asFailure(error, time.elapsedMs);
  }
  coordinator.crash();
  const counts = new Map<NodeKind, number>();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return {
    failure,
    trace: world.trace,
    simulatedDays: time.elapsedMs / DAY_MS,
    faults: faults.counts(),
    checkers,
    kinds: counts,
    chunks: world.chunks.size,
  };
}

async function round(world: EconomyWorld, checkers: readonly EconomyChecker[]): Promise<void> {
  for (const checker of checkers) {
    try {
      await checker.onRound?.();
    } catch (error) {
      world.fail("error", `${checker.name} could not be checked`, { cause: error });
    }
  }
}

async function joinNodes(
  world: EconomyWorld,
  coordinator: EconomyCoordinator,
  options: EconomyOptions,
): Promise<readonly NodeKind[]> {
  const random = world.random.fork("nodes");
  const kinds = chooseKinds(options.nodes, random);
  const { nodes } = coordinator.parts!;
  for (const [index, kind] of kinds.entries()) {
    const operatorId = random.pick(world.owners)!;
    // Half of them from the first moment on.
    const cheatsFromMs = index % 2 === 0 ? 0 : Math.floor(random.between(1, CHEATING_FROM_DAYS) * DAY_MS);
    const name = `node-${String(index).padStart(3, "0")}`;
    const node = new EconomyNode({ name, kind, operatorId, cheatsFromMs }, random.fork(name));
    const { token: joinToken } = await nodes.createJoinToken(operatorId, { uses: 1, expiresInS: 3_600 });
    const timestampMs = world.wall.nowMs();
    const claim = { joinToken, peerId: node.id as string, timestampMs };
    await nodes.register({
      ...claim,
      name,
      labels: {},
      addresses: [],
      capacityBytes: 1e12,
      usedBytes: 0,
      freeBytes: 1e12,
      version: "1",
      signature: node.identity.sign(registrationProofBytes(claim)),
    });
    world.nodes.set(node.id as NodeId, node);
    world.presence.joined(node.id, { wallMs: timestampMs, realMs: world.time.elapsedMs });
    node.setUp(true, world.time.elapsedMs);
    world.note("joined", node.id, kind);
  }
  return kinds;
}

function asFailure(error: unknown, atMs: number): SimulationFailure {
  if (error instanceof SimulationFailure) return error;
  return new SimulationFailure({ kind: "error", message: String(error), atMs }, { cause: error });
}
