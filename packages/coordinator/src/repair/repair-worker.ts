import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { ChunkRecord } from "@commonhold/core/repair/chunk-record.ts";
import { type ChunkHealth, type ChunkUrgency, judgeChunk } from "@commonhold/core/repair/judge-chunk.ts";
import { type CopyFault, faultOfCopy } from "./copy-failure.ts";
import { type CopyPlan, type CopySource, planCopy, type UnrepairableReason } from "./plan-copy.ts";
import { RepairAttempt } from "./repair-attempt.ts";
import type { RepairDeps } from "./repair-deps.ts";
import type { RepairLimits } from "./repair-limits.ts";
import type { NeedContext } from "./repair-need.ts";
import type { RepairOptions } from "./repair-options.ts";

/** A copy that is being made now. */
export interface CopyUnderWay {
  readonly chunk: ChunkName;
  readonly from: CopySource;
  readonly to: NodeId;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
}

/** How a try ended. A chunk that still lacks copies after `copied` is for the queue again. */
export type RepairOutcome =
  | { readonly kind: "nothing_to_do" | "copied" | "held_back"; readonly chunk: ChunkRecord | undefined }
  | {
      readonly kind: "impossible";
      readonly reason: UnrepairableReason;
      readonly chunk: ChunkRecord;
      readonly health: ChunkHealth;
    }
  | { readonly kind: "busy"; readonly nodeId: NodeId }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "failed"; readonly error: unknown };

export interface RepairWorkerDeps extends RepairDeps {
  readonly limits: RepairLimits;
  /** Whether chunks of this urgency are to wait (the brake). */
  readonly isHeldBack: (urgency: ChunkUrgency) => boolean;
  readonly onCopied: (copy: CopyUnderWay) => void;
}

type Copy = Extract<CopyPlan, { kind: "copy" }>;

/**
 * Makes one copy of a chunk, if the chunk still lacks one: it is read and judged anew, so whatever has happened since it
 * was queued counts. Nothing is written before the copy stands, so that a worker that is killed leaves nothing half: the
 * next plans anew.
 */
export class RepairWorker {
  readonly #deps: RepairWorkerDeps;
  readonly #options: RepairOptions;
  readonly #underWay = new Set<CopyUnderWay>();
  readonly #refusingUntilMs = new Map<NodeId, number>();

  constructor(deps: RepairWorkerDeps, options: RepairOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  underWay(): readonly CopyUnderWay[] {
    return [...this.#underWay];
  }

  /** A node refused a copy: it is left alone for a while, and what it was meant to get goes to another. */
  noteRefusal(nodeId: NodeId): void {
    this.#refusingUntilMs.set(nodeId, this.#deps.clock.monotonicMs() + this.#options.refusalMs);
  }

  isRefusing(nodeId: NodeId): boolean {
    return (this.#refusingUntilMs.get(nodeId) ?? 0) > this.#deps.clock.monotonicMs();
  }

  needContext(): NeedContext {
    const { nodes, clock, kept } = this.#deps;
    return {
      ...this.#options,
      nodes,
      nowMs: clock.nowMs(),
      isRefusing: (nodeId) => this.isRefusing(nodeId),
      hasKept: (name) => kept?.has(name) ?? false,
    };
  }

  async work(name: ChunkName, signal: AbortSignal): Promise<RepairOutcome> {
    const attempt = new RepairAttempt();
    for (let tries = 0; tries < this.#options.attemptsPerTry; tries++) {
      signal.throwIfAborted();
      const chunk = await this.#deps.catalog.get(name);
      if (chunk === undefined || !chunk.isReferenced) return { kind: "nothing_to_do", chunk };
      const health = judgeChunk(chunk, (id) => this.#deps.nodes.standingOf(id));
      const plan = this.#plan(chunk, health, attempt);
      if (plan.kind === "none") return { kind: "nothing_to_do", chunk };
      if (plan.kind === "impossible") {
        if (tries > 0) break;
        return { ...plan, chunk, health };
      }
      if (this.#deps.isHeldBack(health.urgency)) return { kind: "held_back", chunk };
      const outcome = await this.#copy(chunk, plan, { attempt, signal });
      if (outcome !== undefined) return outcome;
    }
    return { kind: "failed", error: attempt.lastError };
  }

  #plan(chunk: ChunkRecord, health: ChunkHealth, attempt: RepairAttempt): CopyPlan {
    return planCopy(chunk, health, {
      ...this.needContext(),
      placement: this.#deps.placement,
      isAvoided: (nodeId) => attempt.failedTargets.has(nodeId) || this.isRefusing(nodeId),
      failedSources: attempt.failedSources,
    });
  }

  /** @returns undefined where another source or target may do better */
  async #copy(
    chunk: ChunkRecord,
    plan: Copy,
    { attempt, signal }: { readonly attempt: RepairAttempt; readonly signal: AbortSignal },
  ): Promise<RepairOutcome | undefined> {
    const { limits } = this.#deps;
    const { target, sources } = plan;
    const source = sources.find((each) => each === "kept" || !limits.isBusySource(each)) ?? sources[0]!;
    const bytes = chunk.sealedLength;
    const admission = limits.admit({ source: source === "kept" ? undefined : source, target, bytes });
    if (admission.kind !== "admitted") return admission;
    const copy = { chunk: chunk.name, from: source, to: target, bytes, sinceMs: this.#deps.clock.nowMs() };
    this.#underWay.add(copy);
    let epoch: number;
    try {
      epoch = await this.#send(chunk, { source, plan }, signal);
    } catch (error) {
      signal.throwIfAborted();
      const fault = await this.#faultOf(error, { chunk, source }, signal);
      attempt.note(error, { source, target, fault, isLastSource: sources.length === 1 });
      await this.#takeNote(error, { chunk, source, target, fault });
      return undefined;
    } finally {
      admission.release();
      this.#underWay.delete(copy);
    }
    return this.#record(chunk, { copy, epoch, insteadOf: plan.insteadOf });
  }

  /** @returns the epoch under which it was stored */
  async #send(
    chunk: ChunkRecord,
    { source, plan }: { readonly source: CopySource; readonly plan: Copy },
    signal: AbortSignal,
  ): Promise<number> {
    const { transfers, epochs, kept } = this.#deps;
    const { target } = plan;
    const { ownerId } = chunk;
    const ref = { name: chunk.name, sealedLength: chunk.sealedLength };
    const epoch = epochs.current();
    // A copy in doubt at the target is not deleted before: it may be right, and the last one. The node reads all of its
    // own copy, and fetches another only where that is wrong.
    if (source !== "kept") await transfers.replicate(target, { source, chunk: ref, epoch, ownerId }, signal);
    else if (kept === undefined) throw new AppError("INTERNAL", "no copies are kept here");
    else await kept.send(target, { chunk: ref, epoch, ownerId }, signal);
    return epoch;
  }

  async #record(
    chunk: ChunkRecord,
    made: { readonly copy: CopyUnderWay; readonly epoch: number; readonly insteadOf: NodeId | undefined },
  ): Promise<RepairOutcome> {
    const { catalog, clock, epochs } = this.#deps;
    const { copy, epoch, insteadOf } = made;
    const { name } = chunk;
    try {
      await catalog.recordReplica({
        name,
        nodeId: copy.to,
        epoch,
        ...(insteadOf === undefined ? {} : { insteadOf }),
        nowMs: clock.nowMs(),
      });
    } catch (error) {
      if (!hasCode(error, "CHUNK_NOT_FOUND")) return { kind: "failed", error };
      await catalog.deleteStrays(copy.to, [name], { epoch: epochs.next(), nowMs: clock.nowMs() });
      return { kind: "nothing_to_do", chunk: undefined };
    }
    this.#deps.onCopied(copy);
    return { kind: "copied", chunk: await catalog.get(name) };
  }

  /** What a target says of a source's copy is looked into first: it may be the target that is wrong, or that lies. */
  async #faultOf(
    error: unknown,
    { chunk, source }: { readonly chunk: ChunkRecord; readonly source: CopySource },
    signal: AbortSignal,
  ): Promise<CopyFault> {
    const fault = faultOfCopy(error);
    if (fault !== "wrong_source" || source === "kept") return fault;
    try {
      const ref = { name: chunk.name, sealedLength: chunk.sealedLength };
      return (await this.#deps.check(source, ref, signal)) ? "target" : "wrong_source";
    } catch {
      signal.throwIfAborted();
      return "unknown";
    }
  }

  async #takeNote(
    error: unknown,
    failed: {
      readonly chunk: ChunkRecord;
      readonly source: CopySource;
      readonly target: NodeId;
      readonly fault: CopyFault;
    },
  ): Promise<void> {
    const { catalog, clock, logger } = this.#deps;
    const { chunk, source, target, fault } = failed;
    logger.warn({ err: error, chunk: chunk.name, from: source, to: target, fault }, "a copy could not be made");
    if (fault === "target") this.noteRefusal(target);
    if (fault === "wrong_source" && source !== "kept") await catalog.doubtReplicas(source, [chunk.name], clock.nowMs());
  }
}
