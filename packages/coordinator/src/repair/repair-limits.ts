import type { Clock } from "@commonhold/core/clock.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import type { RepairOptions } from "./repair-options.ts";
import { TokenBucket } from "./token-bucket.ts";

export type RepairLimitOptions = Pick<
  RepairOptions,
  "bytesPerSecond" | "bytesPerSecondPerNode" | "concurrent" | "concurrentPerNode"
>;

/** One copy from node to node; without a source where the coordinator sends it. */
export interface CopyRoute {
  readonly source: NodeId | undefined;
  readonly target: NodeId;
  readonly bytes: number;
}

export type Admission =
  | { readonly kind: "admitted"; readonly release: () => void }
  /** This node has as many copies under way as it may. */
  | { readonly kind: "busy"; readonly nodeId: NodeId }
  | { readonly kind: "wait"; readonly ms: number };

interface NodeUse {
  readonly bucket: TokenBucket;
  sending: number;
  receiving: number;
}

/** Holds repair to its share: bytes a second and copies at once, of all nodes together and of each. */
export class RepairLimits {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #options: RepairLimitOptions;
  readonly #bucket: TokenBucket;
  readonly #onReleased: (nodeId: NodeId) => void;
  readonly #nodes = new Map<NodeId, NodeUse>();
  #concurrent: number;

  /** @param onReleased called for each node that can take another copy */
  constructor(clock: Pick<Clock, "monotonicMs">, options: RepairLimitOptions, onReleased: (nodeId: NodeId) => void) {
    this.#clock = clock;
    this.#onReleased = onReleased;
    this.#options = options;
    this.#concurrent = options.concurrent;
    this.#bucket = new TokenBucket(clock, options.bytesPerSecond);
  }

  /** An operator's throttle; what is not given is as it was configured. */
  setThrottle(throttle: { readonly bytesPerSecond?: number; readonly concurrent?: number }): void {
    this.#bucket.setRate(throttle.bytesPerSecond ?? this.#options.bytesPerSecond);
    this.#concurrent = throttle.concurrent ?? this.#options.concurrent;
  }

  /** Copies at once, of all nodes together. */
  get concurrent(): number {
    return this.#concurrent;
  }

  /** Milliseconds until the rate of all together lets another copy begin. */
  waitMs(): number {
    return this.#bucket.waitMs();
  }

  isBusySource(source: NodeId): boolean {
    return this.#useOf(source).sending >= this.#options.concurrentPerNode;
  }

  admit(route: CopyRoute): Admission {
    const target = this.#useOf(route.target);
    if (target.receiving >= this.#options.concurrentPerNode) return { kind: "busy", nodeId: route.target };
    if (route.source !== undefined && this.isBusySource(route.source)) return { kind: "busy", nodeId: route.source };
    const source = route.source === undefined ? undefined : this.#useOf(route.source);
    const waitMs = Math.max(this.#bucket.waitMs(), target.bucket.waitMs(), source?.bucket.waitMs() ?? 0);
    if (waitMs > 0) return { kind: "wait", ms: waitMs };
    for (const bucket of [this.#bucket, target.bucket, source?.bucket]) bucket?.take(route.bytes);
    target.receiving += 1;
    if (source !== undefined) source.sending += 1;
    return {
      kind: "admitted",
      release: () => {
        target.receiving -= 1;
        this.#onReleased(route.target);
        if (source === undefined || route.source === undefined) return;
        source.sending -= 1;
        this.#onReleased(route.source);
      },
    };
  }

  #useOf(nodeId: NodeId): NodeUse {
    let use = this.#nodes.get(nodeId);
    if (use === undefined) {
      const bucket = new TokenBucket(this.#clock, this.#options.bytesPerSecondPerNode);
      this.#nodes.set(nodeId, (use = { bucket, sending: 0, receiving: 0 }));
    }
    return use;
  }
}
