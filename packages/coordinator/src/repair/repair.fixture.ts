import { setImmediate } from "node:timers/promises";
import { type AppError, hasCode } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { type NodeStanding, standingOf } from "@commonhold/core/failure/node-standing.ts";
import type { NodeStatus } from "@commonhold/core/failure/node-status.ts";
import type { ChunkName, NodeId, UserId } from "@commonhold/core/ids.ts";
import type { Priority } from "@commonhold/core/priority.ts";
import type { Sleep } from "@commonhold/runtime/sleep.ts";
import { MemoryCatalog } from "@commonhold/metadata/catalog/memory-catalog.ts";
import type { CopyCheck } from "../anti-entropy/copy-check.ts";
import { createLogFixture } from "../http/http.fixture.ts";
import { createDeleteEpochs } from "../transfers/delete-epochs.ts";
import { createPlacementView, type MemberNode } from "../transfers/placement-view.ts";
import type { KeptCopies } from "./repair-deps.ts";
import type { Attendance, RepairNodes, StatusChange } from "./repair-nodes.ts";
import type { RepairOptions } from "./repair-options.ts";
import { RepairService } from "./repair-service.ts";
import type { ReplicaTransfers } from "./replica-transfers.ts";

const COPY_MS = 10;
export const LENGTH = 1_000;
/** As the target of what it reads itself. */
const COORDINATOR = "coordinator" as NodeId;
export const OWNER = "owner" as UserId;

/** For tests: time that passes only when it is told to. */
export class SteppedTime implements Clock {
  readonly #sleepers = new Set<{ readonly dueMs: number; readonly wake: () => void }>();
  #nowMs = 1_000_000;

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  readonly sleep: Sleep = (ms, signal) => {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = {
        dueMs: this.#nowMs + ms,
        wake: () => {
          this.#sleepers.delete(sleeper);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal.addEventListener("abort", sleeper.wake, { once: true });
    });
  };

  /** Lets time pass: whoever wakes does all it can before the next does. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    for (;;) {
      await setImmediate();
      const next = [...this.#sleepers].sort((a, b) => a.dueMs - b.dueMs)[0];
      if (next === undefined || next.dueMs > endMs) break;
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.wake();
    }
    this.#nowMs = endMs;
    await setImmediate();
  }
}

/** For tests: nodes that stand as they are told. */
export class FakeNodes implements RepairNodes {
  readonly #time: SteppedTime;
  readonly #nodes = new Map<NodeId, { status: NodeStatus; sinceMs: number; isAwaited: boolean; freeBytes: number }>();
  readonly #listeners: ((change: StatusChange) => void)[] = [];
  members: readonly MemberNode[] = [];

  constructor(time: SteppedTime, ids: readonly NodeId[]) {
    this.#time = time;
    for (const id of ids) this.#nodes.set(id, { status: "active", sinceMs: 0, isAwaited: false, freeBytes: 1e9 });
    this.#changed();
  }

  set(nodeId: NodeId, status: NodeStatus, { isAwaited = false } = {}): void {
    const node = this.#nodes.get(nodeId)!;
    const from = node.status;
    Object.assign(node, { status, isAwaited, sinceMs: this.#time.nowMs() });
    this.#changed();
    for (const listener of this.#listeners) listener({ nodeId, from, to: status });
  }

  setFree(nodeId: NodeId, freeBytes: number): void {
    this.#nodes.get(nodeId)!.freeBytes = freeBytes;
    this.#changed();
  }

  standingOf(nodeId: NodeId): NodeStanding {
    return standingOf(this.#nodes.get(nodeId)?.status);
  }

  awaySinceMs(nodeId: NodeId): number | undefined {
    const node = this.#nodes.get(nodeId);
    return node?.status === "offline" || node?.status === "suspect" ? node.sinceMs : undefined;
  }

  attendance(): readonly Attendance[] {
    const taking = [...this.#nodes].filter(([, { status }]) => ["active", "suspect", "offline"].includes(status));
    return taking.map(([nodeId, { status, sinceMs, isAwaited }]) => ({
      nodeId,
      awayMs: status === "active" ? undefined : this.#time.nowMs() - sinceMs,
      isAwaited,
    }));
  }

  onStatusChanged(listener: (change: StatusChange) => void): void {
    this.#listeners.push(listener);
  }

  #changed(): void {
    this.members = Array.from(this.#nodes, ([id, { status, freeBytes }]) => ({
      id,
      freeBytes,
      operatorId: id as string as UserId,
      labels: {},
      reliability: 1,
      presence: status === "active" ? "receiving" : "other",
    }));
  }
}

export interface CopyCall {
  readonly name: ChunkName;
  readonly source: NodeId;
  readonly target: NodeId;
  readonly epoch: number;
  readonly atMs: number;
}

/** For tests: nodes that copy from each other in memory, each copy taking a moment. */
export class FakeTransfers implements Pick<ReplicaTransfers, "replicate"> {
  readonly #time: SteppedTime;
  readonly calls: CopyCall[] = [];
  /** Thrown at a copy, where it is returned; also where the coordinator reads one to see whether it is right. */
  failure: (call: CopyCall) => AppError | undefined = () => undefined;
  copyMs = COPY_MS;
  underWay = 0;
  underWayMax = 0;

  constructor(time: SteppedTime) {
    this.#time = time;
  }

  async replicate(
    target: NodeId,
    { source, chunk, epoch }: Parameters<ReplicaTransfers["replicate"]>[1],
    signal: AbortSignal,
  ): Promise<void> {
    const call = { name: chunk.name, source, target, epoch, atMs: this.#time.nowMs() };
    this.calls.push(call);
    this.underWay += 1;
    this.underWayMax = Math.max(this.underWayMax, this.underWay);
    await this.#time.sleep(this.copyMs, signal);
    this.underWay -= 1;
    signal.throwIfAborted();
    const failure = this.failure(call);
    if (failure !== undefined) throw failure;
  }

  readonly check: CopyCheck = async (source, { name }) => {
    const call = { name, source, target: COORDINATOR, epoch: 0, atMs: this.#time.nowMs() };
    const failure = this.failure(call);
    if (failure === undefined || hasCode(failure, "CHUNK_NOT_FOUND", "CHUNK_CORRUPT")) return failure === undefined;
    throw failure;
  };
}

export interface StoredTestChunk {
  readonly copies?: number;
  readonly priority?: Priority;
  readonly pins?: readonly NodeId[];
  readonly pending?: readonly NodeId[];
  readonly sealedLength?: number;
}

export type RepairFixture = Awaited<ReturnType<typeof createRepairFixture>>;

/** For tests: repair over a catalog in memory, `count` nodes called n0, n1 … and time in steps. */
export async function createRepairFixture(count: number, options: Partial<RepairOptions> = {}) {
  const time = new SteppedTime();
  const ids = Array.from({ length: count }, (_, number) => `n${number}` as NodeId);
  const nodes = new FakeNodes(time, ids);
  const transfers = new FakeTransfers(time);
  const catalog = new MemoryCatalog();
  const epochs = createDeleteEpochs(0);
  const placement = createPlacementView(
    () => nodes.members,
    () => true,
  );
  const kept = new Map<ChunkName, NodeId[]>();
  const { logger, logLines } = createLogFixture();
  const unreferenced: ChunkName[] = [];
  const keptCopies: KeptCopies = {
    has: (name) => kept.has(name),
    send: async (target, { chunk }) => void kept.get(chunk.name)?.push(target),
  };
  const open = (more: Partial<RepairOptions> = {}): RepairService => {
    const service = new RepairService(
      {
        catalog,
        transfers,
        check: transfers.check,
        nodes,
        placement,
        epochs,
        kept: keptCopies,
        clock: time,
        sleep: time.sleep,
        random: { bytes: (length) => new Uint8Array(length), fraction: () => 0 },
        logger,
        onUnreferenced: async (names) => void unreferenced.push(...names),
      },
      { ...options, ...more },
    );
    service.start();
    return service;
  };
  let made = 0;
  /** A chunk whose copies lie on `holders`. */
  const store = (holders: readonly NodeId[], chunk: StoredTestChunk = {}): ChunkName => {
    const name = (++made).toString(16).padStart(64, "0") as ChunkName;
    const { copies = 3, pending = [], sealedLength = LENGTH } = chunk;
    catalog.addChunk({
      name,
      ownerId: OWNER,
      sealedLength,
      copies,
      priority: chunk.priority ?? "normal",
      pins: chunk.pins ?? [],
      replicas: [
        ...holders.map((nodeId) => ({ nodeId, state: "active" as const })),
        ...pending.map((nodeId) => ({ nodeId, state: "pending" as const })),
      ],
      nowMs: time.nowMs(),
    });
    return name;
  };
  const sweep = async (service: RepairService) => {
    const swept = service.sweep(new AbortController().signal);
    await time.pass(100);
    return swept;
  };
  /** The nodes with a copy in this state. */
  const holders = async (name: ChunkName, state = "active"): Promise<readonly NodeId[]> => {
    const chunk = await catalog.get(name);
    return (chunk?.replicas ?? []).filter((replica) => replica.state === state).map(({ nodeId }) => nodeId);
  };
  return { time, ids, nodes, transfers, catalog, epochs, kept, logLines, unreferenced, open, store, sweep, holders };
}
