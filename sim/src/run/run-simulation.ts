import { SeededRandom } from "../chance/seeded-random.ts";
import type { CheckedWorld, Checker } from "../checkers/checker.ts";
import { ConvergenceChecker } from "../checkers/convergence-checker.ts";
import { DeletionChecker } from "../checkers/deletion-checker.ts";
import { LingeringChecker } from "../checkers/lingering-checker.ts";
import { LossChecker } from "../checkers/loss-checker.ts";
import { RecordChecker } from "../checkers/record-checker.ts";
import { SimulationFailure } from "../checkers/simulation-failure.ts";
import { WorkChecker } from "../checkers/work-checker.ts";
import { SimulatedCoordinator } from "../coordinator/simulated-coordinator.ts";
import { FaultScheduler } from "../faults/fault-scheduler.ts";
import { VirtualTime } from "../time/virtual-time.ts";
import type { Trace } from "../trace/trace.ts";
import { SimulatedUsers } from "../users/simulated-users.ts";
import { SimulatedWorld } from "../world/simulated-world.ts";
import type { BreakName } from "./breaks.ts";
import { NetworkOperators } from "./network-operators.ts";
import type { SimulationPace } from "./simulation-pace.ts";

const DAY_MS = 86_400_000;
const CHUNK_BYTES_MEAN = 2 * 1024 ** 2;
const COPIES_MEAN = 3.3;
/** How full the disks are in the mean. */
const FILL = 0.45;
/** After this long nobody asks for a chunk any more that nothing uses and no node holds. */
const FORGOTTEN_MS = 10 * DAY_MS;
/** Before the first fault. */
const SETTLING_MS = 2 * 3_600_000;

export interface SimulationOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly days: number;
  readonly chunks: number;
  readonly pace: SimulationPace;
  /** How often faults happen: 1 is already far more than in life. */
  readonly intensity: number;
  readonly broken?: BreakName | undefined;
}

export interface SimulationOutcome {
  readonly failure: SimulationFailure | undefined;
  readonly trace: Trace;
  readonly simulatedDays: number;
  readonly faults: ReadonlyMap<string, number>;
  readonly checkers: readonly Checker[];
  readonly copiedBytes: number;
  readonly timesToWholeMs: readonly number[];
  readonly chunks: number;
  readonly files: number;
}

/** One run: everything in it follows from the options. */
export async function runSimulation(options: SimulationOptions): Promise<SimulationOutcome> {
  const { pace, seed } = options;
  const time = new VirtualTime();
  const world = new SimulatedWorld({ time, pace, random: new SeededRandom(seed), broken: options.broken });
  const coordinator = new SimulatedCoordinator(world);
  const habits = {
    owners: Math.ceil(options.nodes * 0.8),
    chunks: options.chunks,
    meanChangeHours: 400 / options.chunks,
    meanReadHours: 600 / options.chunks,
  };
  const users = new SimulatedUsers(world, coordinator, habits);
  const capacityBytes = (options.chunks * CHUNK_BYTES_MEAN * COPIES_MEAN) / options.nodes / FILL;
  const operators = new NetworkOperators(world, coordinator, {
    nodeCount: options.nodes,
    capacityBytes,
    owners: users.owners,
  });
  const faults = new FaultScheduler(world, operators);
  const work = addCheckers(world, coordinator);

  let failure: SimulationFailure | undefined;
  try {
    for (let i = 0; i < options.nodes; i++) operators.join();
    coordinator.start();
    users.start();
    time.after(SETTLING_MS, () => faults.start({ nodeCount: options.nodes, intensity: options.intensity }));
    time.every(pace.checkIntervalMs, pace.checkIntervalMs, () => {
      for (const checker of world.checkers) void checker.onRound?.();
      for (const name of world.truth.forgetGone(FORGOTTEN_MS)) world.trace.forget(name);
    });
    await time.run(options.days * DAY_MS);
    users.calm();
    faults.calm();
    world.trace.record("calm");
    await time.run(options.days * DAY_MS + pace.calmMs);
    for (const checker of world.checkers) await checker.atEnd?.();
    time.throwIfStopped();
  } catch (error) {
    failure = asFailure(error, time.elapsedMs);
  }
  return {
    failure,
    trace: world.trace,
    simulatedDays: time.elapsedMs / DAY_MS,
    faults: faults.counts(),
    checkers: world.checkers,
    copiedBytes: work.copiedBytes,
    timesToWholeMs: world.truth.timesToWholeMs,
    chunks: world.truth.size,
    files: coordinator.disk.files.size,
  };
}

function addCheckers(world: SimulatedWorld, coordinator: SimulatedCoordinator): WorkChecker {
  const checked: CheckedWorld = {
    nowMs: () => world.time.elapsedMs,
    truth: world.truth,
    nodes: world.nodes,
    network: world.network,
    catalog: world.catalog,
    trace: world.trace,
    pace: world.pace,
    undisturbedSinceMs: (nodeId) => world.disturbances.undisturbedSinceMs(nodeId),
    presentUntilMs: (nodeId) => world.presentUntilMs(nodeId),
    coordinatorUpSinceMs: () => coordinator.upSinceMs,
    isMember: (nodeId) => coordinator.disk.registry.get(nodeId)?.declared === "active",
    standingOf: (nodeId) => coordinator.services?.watch.trueStandingOf(nodeId) ?? "gone",
    fail: world.fail,
  };
  const work = new WorkChecker(checked);
  world.checkers.push(
    new LossChecker(checked),
    new DeletionChecker(checked),
    new RecordChecker(checked),
    new LingeringChecker(checked),
    new ConvergenceChecker(checked),
    work,
  );
  return work;
}

function asFailure(error: unknown, atMs: number): SimulationFailure {
  if (error instanceof SimulationFailure) return error;
  return new SimulationFailure({ kind: "error", message: String(error), atMs }, { cause: error });
}
