import type { Clock } from "@commonhold/core/clock.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import { TokenBucket } from "../repair/token-bucket.ts";
import type { AuditOptions, AuditThrottle } from "./audit-options.ts";
import type { AuditPlanner, PlannedQuestion } from "./audit-planner.ts";
import { AuditedNode } from "./audited-node.ts";
import type { Auditor } from "./auditor.ts";
import type { UnansweredQuestion } from "./unanswered-questions.ts";

/** A node whose audit failed for a reason of ours is left alone for so long. */
const FAILED_PAUSE_MS = 10_000;

export interface AuditServiceDeps {
  readonly planner: AuditPlanner;
  readonly auditor: Auditor;
  /** Every member that may hold copies. */
  readonly nodes: () => readonly AuditableNode[];
  readonly clock: Clock;
  readonly logger: Pick<Logger, "error">;
}

export interface AuditableNode {
  readonly id: NodeId;
  /** One that is known to be away is not asked; what it has not answered waits for it. */
  readonly isPresent: boolean;
}

export interface AuditStatus {
  readonly underWay: number;
  readonly nodes: number;
  /** Parts of cycles that were left out, as there was no time for them. */
  readonly missedSlots: number;
}

/**
 * Audits every node at its own times: one question at a time each, some nodes at once, within their rates. It does
 * nothing by itself: `tick` begins what is due, to be called every second or so, and what ends makes room for the next.
 */
export class AuditService {
  readonly #deps: AuditServiceDeps;
  readonly #options: AuditOptions;
  readonly #nodes = new Map<NodeId, AuditedNode>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #ending = new AbortController();
  #isPaused = false;
  #planning = 0;
  #turns = 0;
  #concurrent: number;
  /** Of all nodes together; there is one only while an operator wants it. */
  #bucket: TokenBucket | undefined;

  constructor(deps: AuditServiceDeps, options: AuditOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#concurrent = options.concurrent;
  }

  /** Begins what is due. */
  tick(): void {
    const members = new Map(this.#deps.nodes().map(({ id, isPresent }) => [id, isPresent]));
    for (const [id, node] of this.#nodes) if (!members.has(id) && !node.isBusy) this.#nodes.delete(id);
    for (const [id, isPresent] of members) this.#nodeOf(id).isPresent = isPresent;
    this.#pump();
  }

  /** What is under way ends by itself; nothing more begins. */
  configure(settings: { readonly isPaused: boolean; readonly throttle?: AuditThrottle | undefined }): void {
    this.#isPaused = settings.isPaused;
    const { bytesPerSecond, concurrent } = settings.throttle ?? {};
    this.#concurrent = concurrent ?? this.#options.concurrent;
    this.#bucket = bytesPerSecond === undefined ? undefined : new TokenBucket(this.#deps.clock, bytesPerSecond);
  }

  /** Questions of before a restart that are to be asked again. */
  resume(nodeId: NodeId, question: Pick<UnansweredQuestion, "selection" | "chunkNames">, attempt: number): void {
    this.#nodeOf(nodeId).unanswered.add(question, attempt, this.#deps.clock.nowMs());
  }

  status(): AuditStatus {
    let missedSlots = 0;
    for (const node of this.#nodes.values()) missedSlots += node.missedSlots;
    return { underWay: this.#underWay.size, nodes: this.#nodes.size, missedSlots };
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  /** Gives up what is under way: it counts nothing. */
  async stop(): Promise<void> {
    this.#ending.abort(new Error("audits stop"));
    await this.idle();
  }

  #nodeOf(id: NodeId): AuditedNode {
    let node = this.#nodes.get(id);
    if (node === undefined) {
      node = new AuditedNode(id, this.#deps.clock, this.#options.bytesPerSecondPerNode);
      this.#nodes.set(id, node);
    }
    return node;
  }

  #pump(): void {
    while (!this.#isPaused && !this.#ending.signal.aborted && this.#underWay.size < this.#concurrent) {
      // How much the last one takes is known once it is planned.
      if (this.#bucket !== undefined && (this.#planning > 0 || this.#bucket.waitMs() > 0)) return;
      const node = this.#nextDue();
      if (node === undefined) return;
      node.isBusy = true;
      node.turn = ++this.#turns;
      const task: Promise<void> = this.#audit(node).finally(() => {
        node.isBusy = false;
        this.#underWay.delete(task);
        this.#pump();
      });
      this.#underWay.add(task);
    }
  }

  /** Of those for which something is due, the one whose last turn was longest ago. */
  #nextDue(): AuditedNode | undefined {
    const nowMs = this.#deps.clock.nowMs();
    let next: AuditedNode | undefined;
    for (const node of this.#nodes.values()) {
      if (node.isBusy || !node.isPresent || (next !== undefined && next.turn < node.turn)) continue;
      if (node.dueMs <= nowMs) next = node;
    }
    return next;
  }

  async #audit(node: AuditedNode): Promise<void> {
    const { auditor, clock, logger } = this.#deps;
    const { signal } = this.#ending;
    let question: PlannedQuestion | undefined;
    try {
      question = await this.#plan(node);
      if (question === undefined || signal.aborted) return;
      await auditor.ask(node, question, signal);
    } catch (error) {
      node.restsUntilMs = clock.nowMs() + FAILED_PAUSE_MS;
      if (question !== undefined) node.keepUnanswered(question, clock.nowMs());
      if (!signal.aborted) logger.error({ err: error, node: node.id }, "a node could not be audited");
    }
  }

  async #plan(node: AuditedNode): Promise<PlannedQuestion | undefined> {
    this.#planning += 1;
    try {
      const question = await this.#deps.planner.next(node, this.#deps.clock.nowMs());
      this.#bucket?.take(question?.sealedBytes ?? 0);
      return question;
    } finally {
      this.#planning -= 1;
      this.#pump();
    }
  }
}
