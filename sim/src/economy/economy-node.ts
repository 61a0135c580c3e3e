import type { TimeInterval } from "@commonhold/core/economics/time-interval.ts";
import type { ChunkName, NodeId, UserId } from "@commonhold/core/ids.ts";
import type { ChunkProof } from "@commonhold/core/audit/audit-answer.ts";
import { createIdentity, type Identity } from "@commonhold/p2p/identity.ts";
import type { SeededRandom } from "../chance/seeded-random.ts";
import { isCheatingKind, type NodeKind } from "./node-kinds.ts";

export type CopyState = "whole" | "rotten" | "gone";

export interface EconomyNodeOptions {
  readonly name: string;
  readonly kind: NodeKind;
  readonly operatorId: UserId;
  /** Until then it does what it can, whatever its kind; in the simulation's time. */
  readonly cheatsFromMs: number;
}

/** A node with what it really holds, and when it really was up. */
export class EconomyNode {
  readonly id: NodeId;
  readonly identity: Identity;
  readonly name: string;
  readonly kind: NodeKind;
  readonly operatorId: UserId;
  readonly cheatsFromMs: number;
  readonly random: SeededRandom;
  readonly copies = new Map<ChunkName, CopyState>();
  /** What it showed of a chunk, for a node that keeps such things. */
  readonly shown = new Map<ChunkName, ChunkProof>();
  /** Its answers are lost until then. */
  mutedUntilMs = 0;
  /** The coordinator has cut it off. */
  isBanned = false;
  disqualifiedAtMs: number | undefined;
  readonly #upSpans: { readonly fromMs: number; toMs: number }[] = [];
  #isUp = false;

  constructor(options: EconomyNodeOptions, random: SeededRandom) {
    this.identity = createIdentity(random);
    this.id = this.identity.peerId as NodeId;
    this.name = options.name;
    this.kind = options.kind;
    this.operatorId = options.operatorId;
    this.cheatsFromMs = options.cheatsFromMs;
    this.random = random;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  setUp(isUp: boolean, nowMs: number): void {
    if (isUp === this.#isUp) return;
    this.#isUp = isUp;
    if (isUp) this.#upSpans.push({ fromMs: nowMs, toMs: Number.POSITIVE_INFINITY });
    else this.#upSpans.at(-1)!.toMs = nowMs;
  }

  /** In the simulation's time. */
  get upSpans(): readonly TimeInterval[] {
    return this.#upSpans;
  }

  cheats(nowMs: number): boolean {
    return isCheatingKind(this.kind) && nowMs >= this.cheatsFromMs;
  }
}
