import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { DeletionOutcome, DeletionReason, NamePage, QueuedDeletion } from "./replica-catalog.ts";
import { SortedNames } from "./sorted-names.ts";

interface Deletion {
  readonly epoch: number;
  readonly reason: DeletionReason;
  readonly queuedAtMs: number;
  readonly settledAtMs: number | undefined;
}

interface DeletionsOfNode {
  readonly byName: Map<ChunkName, Deletion>;
  /** Those not settled. */
  readonly waiting: SortedNames;
  waitingCount: number;
}

interface Copy {
  readonly nodeId: NodeId;
  readonly name: ChunkName;
}

/** Deletions of copies and the fences that they leave. */
export class MemoryDeletions {
  readonly #ofNodes = new Map<NodeId, DeletionsOfNode>();
  #highestEpoch = 0;

  get highestEpoch(): number {
    return this.#highestEpoch;
  }

  noteEpoch(epoch: number): void {
    this.#highestEpoch = Math.max(this.#highestEpoch, epoch);
  }

  epochOf({ nodeId, name }: Copy): number | undefined {
    return this.#ofNodes.get(nodeId)?.byName.get(name)?.epoch;
  }

  isWaiting({ nodeId, name }: Copy): boolean {
    const deletion = this.#ofNodes.get(nodeId)?.byName.get(name);
    return deletion !== undefined && deletion.settledAtMs === undefined;
  }

  queue(
    copy: Copy,
    terms: {
      readonly epoch: number;
      readonly reason: DeletionReason;
      readonly nowMs: number;
      readonly isDelivered?: boolean;
    },
  ): void {
    this.#set(copy, {
      epoch: Math.max(terms.epoch, this.epochOf(copy) ?? 0),
      reason: terms.reason,
      queuedAtMs: terms.nowMs,
      settledAtMs: terms.isDelivered ? terms.nowMs : undefined,
    });
  }

  settle(
    copy: Copy,
    answer: { readonly epoch: number; readonly outcome: DeletionOutcome },
    terms: { readonly freshEpoch: number; readonly nowMs: number },
  ): void {
    const deletion = this.#ofNodes.get(copy.nodeId)?.byName.get(copy.name);
    if (deletion === undefined || deletion.settledAtMs !== undefined || deletion.epoch !== answer.epoch) return;
    if (answer.outcome === "deleted") this.#set(copy, { ...deletion, settledAtMs: terms.nowMs });
    else {
      this.#set(copy, { ...deletion, epoch: Math.max(answer.epoch, terms.freshEpoch), queuedAtMs: terms.nowMs });
    }
  }

  cancel({ nodeId, name }: Copy): void {
    const ofNode = this.#ofNodes.get(nodeId);
    if (ofNode === undefined) return;
    if (this.isWaiting({ nodeId, name })) {
      ofNode.waiting.delete(name);
      ofNode.waitingCount -= 1;
    }
    ofNode.byName.delete(name);
  }

  waitingOf(nodeId: NodeId, { after, limit }: NamePage): QueuedDeletion[] {
    const ofNode = this.#ofNodes.get(nodeId);
    if (ofNode === undefined) return [];
    return ofNode.waiting.above(after, limit).map((name) => {
      const { epoch, reason, queuedAtMs } = ofNode.byName.get(name)!;
      return { name, epoch, reason, queuedAtMs };
    });
  }

  waitingCounts(): Map<NodeId, number> {
    const counts = new Map<NodeId, number>();
    for (const [nodeId, { waitingCount }] of this.#ofNodes) if (waitingCount > 0) counts.set(nodeId, waitingCount);
    return counts;
  }

  /** Oldest first. @returns how many */
  forgetSettled(settledBeforeMs: number, limit: number): number {
    const settled: (Copy & { readonly atMs: number })[] = [];
    for (const [nodeId, { byName }] of this.#ofNodes) {
      for (const [name, { settledAtMs: atMs }] of byName) {
        if (atMs !== undefined && atMs < settledBeforeMs) settled.push({ nodeId, name, atMs });
      }
    }
    const forgotten = settled
      .toSorted((a, b) => a.atMs - b.atMs || compare(a.nodeId, b.nodeId) || compare(a.name, b.name))
      .slice(0, limit);
    for (const copy of forgotten) this.cancel(copy);
    return forgotten.length;
  }

  /** @returns how many */
  forgetNode(nodeId: NodeId, limit: number): number {
    const names = [...(this.#ofNodes.get(nodeId)?.byName.keys() ?? [])].toSorted(compare).slice(0, limit);
    for (const name of names) this.cancel({ nodeId, name });
    return names.length;
  }

  #set(copy: Copy, deletion: Deletion): void {
    this.cancel(copy);
    let ofNode = this.#ofNodes.get(copy.nodeId);
    if (ofNode === undefined) {
      ofNode = { byName: new Map(), waiting: new SortedNames(), waitingCount: 0 };
      this.#ofNodes.set(copy.nodeId, ofNode);
    }
    ofNode.byName.set(copy.name, deletion);
    if (deletion.settledAtMs === undefined) {
      ofNode.waiting.add(copy.name);
      ofNode.waitingCount += 1;
    }
  }
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
