import { AppError } from "@commonhold/core/app-error.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import type { SeededRandom } from "../chance/seeded-random.ts";
import type { SimulatedNode } from "../nodes/simulated-node.ts";
import type { VirtualTime } from "../time/virtual-time.ts";

/** One way, of most messages, and of the few that are slow. */
const LATENCY_MS = { usual: 20, slow: 800, slowShare: 0.02 } as const;
/** How much later a request may arrive: as long as its grant is good. */
const LATE_MS_MAX = 300_000;
/** Of the requests, on a good day. */
const LATE_SHARE = 0.002;
const REFUSED_MS = 5;
const TIMEOUT_REASON = "gave no answer";

export interface NetworkDeps {
  readonly time: VirtualTime;
  readonly random: SeededRandom;
  readonly node: (nodeId: NodeId) => SimulatedNode | undefined;
}

export interface Exchange<T> {
  readonly to: NodeId;
  /** How long the bytes take, besides the latency. */
  readonly durationMs?: number;
  readonly timeoutMs: number;
  /** What the node does when the request, with all its bytes, is there. */
  readonly act: (node: SimulatedNode) => T;
}

/**
 * Carries requests of the coordinator to nodes: with delay, losses on both ways, requests that arrive when nobody waits
 * for them any more, and cuts.
 */
export class SimulatedNetwork {
  readonly #deps: NetworkDeps;
  /** Of requests and of answers. */
  lossProbability = 0;
  lateProbability = LATE_SHARE;
  /** Nodes that the coordinator cannot reach. */
  readonly cutFromCoordinator = new Set<NodeId>();
  /** Nodes reach only nodes of the same side. */
  readonly #sides = new Map<NodeId, number>();

  constructor(deps: NetworkDeps) {
    this.#deps = deps;
  }

  moveToSide(nodeId: NodeId, side: number): void {
    if (side === 0) this.#sides.delete(nodeId);
    else this.#sides.set(nodeId, side);
  }

  isReachable(nodeId: NodeId): boolean {
    return this.#deps.node(nodeId)?.isUp === true && !this.cutFromCoordinator.has(nodeId);
  }

  canTalk(a: NodeId, b: NodeId): boolean {
    return (this.#sides.get(a) ?? 0) === (this.#sides.get(b) ?? 0);
  }

  latencyMs(): number {
    const { random } = this.#deps;
    const mean = random.isLucky(LATENCY_MS.slowShare) ? LATENCY_MS.slow : LATENCY_MS.usual;
    return 1 + Math.floor(random.exponential(mean));
  }

  /** A bad day; it ends with the next call, of nothing. */
  disturb(shares: { readonly lost: number; readonly late: number } | undefined): void {
    this.lossProbability = shares?.lost ?? 0;
    this.lateProbability = shares?.late ?? LATE_SHARE;
  }

  isLost(): boolean {
    return this.lossProbability > 0 && this.#deps.random.isLucky(this.lossProbability);
  }

  /**
   * @throws AppError NODE_UNREACHABLE (the node has not acted, as far as one can know), TIMEOUT (it may have, or may
   * yet), what `act` threw; the signal's reason when it aborts
   */
  exchange<T>(exchange: Exchange<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const { time, random } = this.#deps;
      let isOver = false;
      const end = (settle: () => void): void => {
        if (isOver) return;
        isOver = true;
        timer.action = undefined;
        signal.removeEventListener("abort", onAbort);
        settle();
      };
      const onAbort = (): void => end(() => reject(signal.reason));
      const fail = (error: unknown): void => end(() => reject(error));
      const timer = time.after(exchange.timeoutMs, () => fail(timeout(exchange.to)));
      signal.addEventListener("abort", onAbort, { once: true });

      if (!this.isReachable(exchange.to)) {
        // A closed port says so at once, a dead machine says nothing.
        if (random.isLucky(0.5)) time.after(REFUSED_MS, () => fail(unreachable(exchange.to)));
        return;
      }
      if (this.isLost()) return;
      const lateMs = random.isLucky(this.lateProbability) ? random.between(0, LATE_MS_MAX) : 0;
      const { incarnation } = this.#deps.node(exchange.to)!;
      time.after(this.latencyMs() + (exchange.durationMs ?? 0) + lateMs, () => {
        const node = this.#deps.node(exchange.to);
        // An abort reaches some nodes before they have acted, and others not.
        if (isOver && lateMs === 0 && random.isLucky(0.5)) return;
        if (node === undefined || node.incarnation !== incarnation || !this.isReachable(exchange.to)) {
          fail(unreachable(exchange.to));
          return;
        }
        this.#answer(exchange, node, { resolve: (value) => end(() => resolve(value)), fail });
      });
    });
  }

  #answer<T>(
    exchange: Exchange<T>,
    node: SimulatedNode,
    caller: { readonly resolve: (value: T) => void; readonly fail: (error: unknown) => void },
  ): void {
    let deliver: () => void;
    try {
      const value = exchange.act(node);
      deliver = () => caller.resolve(value);
    } catch (error) {
      deliver = () => caller.fail(error);
    }
    if (this.isLost()) return;
    this.#deps.time.after(this.latencyMs(), () => {
      if (this.isReachable(exchange.to)) deliver();
      else caller.fail(timeout(exchange.to));
    });
  }
}

function unreachable(nodeId: NodeId): AppError {
  return new AppError("NODE_UNREACHABLE", `${nodeId} cannot be reached`);
}

function timeout(nodeId: NodeId): AppError {
  return new AppError("TIMEOUT", `${nodeId} ${TIMEOUT_REASON}`);
}
