import type { NodeId, UserId } from "@commonhold/core/ids.ts";
import { SeededRandom } from "../chance/seeded-random.ts";
import { type FailureKind, SimulationFailure } from "../checkers/simulation-failure.ts";
import { VirtualTime } from "../time/virtual-time.ts";
import { Trace } from "../trace/trace.ts";
import { CopyLog } from "./copy-log.ts";
import type { EconomyBreakName } from "./economy-breaks.ts";
import type { EconomyNode } from "./economy-node.ts";
import type { EconomyPace } from "./economy-pace.ts";
import type { CountedAudits } from "./expected-day.ts";
import type { InlineMetadata } from "./inline-metadata.ts";
import { PresenceLog } from "./presence-log.ts";
import type { SealedChunk } from "./sealed-chunk.ts";
import { WallClock } from "./wall-clock.ts";

export const WATCH_INTERVAL_MS = 60_000;
/** Micro-credits for a GB and month: so many that those of small chunks are worth more than their rounding. */
export const PRICE = 1_000_000_000_000n;
export const RATE = 800_000_000_000n;
export const TERMS = { price: PRICE, rate: RATE } as const;

export interface EconomyWorldOptions {
  readonly seed: number;
  readonly startMs: number;
  readonly pace: EconomyPace;
  readonly broken: EconomyBreakName | undefined;
}

/** All there is, and what really happened. */
export class EconomyWorld {
  readonly time = new VirtualTime();
  readonly random: SeededRandom;
  readonly trace: Trace;
  readonly wall: WallClock;
  readonly pace: EconomyPace;
  readonly broken: EconomyBreakName | undefined;
  readonly metadata: InlineMetadata;
  readonly nodes = new Map<NodeId, EconomyNode>();
  readonly chunks = new Map<string, SealedChunk>();
  readonly copies = new CopyLog();
  readonly presence: PresenceLog;
  readonly owners: UserId[] = [];
  /** When a coordinator was up, in the simulation's time. */
  readonly watchedSpans: { readonly fromMs: number; toMs: number }[] = [];
  /** Of the last store or deletion. */
  epoch = 0;
  readonly #audits = new Map<string, CountedAudits>();

  constructor(options: EconomyWorldOptions, metadata: InlineMetadata) {
    this.random = new SeededRandom(options.seed);
    this.trace = new Trace(() => this.time.elapsedMs);
    this.wall = new WallClock(this.time, options.startMs);
    this.pace = options.pace;
    this.broken = options.broken;
    this.metadata = metadata;
    const { heartbeatIntervalMs } = options.pace;
    this.presence = new PresenceLog({ heartbeatIntervalMs, watchIntervalMs: WATCH_INTERVAL_MS });
  }

  auditsOf(nodeId: NodeId, day: string): CountedAudits {
    const key = `${day} ${nodeId}`;
    let counted = this.#audits.get(key);
    if (counted === undefined) this.#audits.set(key, (counted = { passed: 0, counted: 0 }));
    return counted;
  }

  /** Notes what happened; nodes go by their names. */
  note(kind: string, nodeId: NodeId, note = ""): void {
    this.trace.record(kind, { nodeId: this.nodes.get(nodeId)!.name as NodeId, note });
  }

  /** Ends the run. */
  readonly fail = (
    kind: FailureKind,
    message: string,
    about: { readonly nodeId?: NodeId; readonly cause?: unknown } = {},
  ): void => {
    const name = about.nodeId === undefined ? "" : `${this.nodes.get(about.nodeId)?.name}: `;
    this.time.stop(new SimulationFailure({ kind, message: `${name}${message}`, atMs: this.time.elapsedMs }, about));
  };
}
