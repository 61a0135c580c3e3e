import type { NodeId } from "@commonhold/core/ids.ts";
import type { CopyFault } from "./copy-failure.ts";
import type { CopySource } from "./plan-copy.ts";

/** So many sources may fail for one target before it is the target that is passed over. */
const STRIKES_MAX = 2;

/** What one try to repair a chunk has learnt so far: whom not to ask again. */
export class RepairAttempt {
  readonly failedSources = new Set<CopySource>();
  readonly failedTargets = new Set<NodeId>();
  readonly #strikes = new Map<NodeId, Set<CopySource>>();
  lastError: unknown;

  /**
   * @param copy.fault whose it was that it failed
   * @param copy.isLastSource whether no other source was left to ask
   */
  note(
    error: unknown,
    copy: {
      readonly source: CopySource;
      readonly target: NodeId;
      readonly fault: CopyFault;
      readonly isLastSource: boolean;
    },
  ): void {
    const { source, target, fault } = copy;
    this.lastError = error;
    if (fault !== "target") this.failedSources.add(source);
    if (fault === "wrong_source") return;
    const strikes = this.#strikes.get(target) ?? new Set();
    this.#strikes.set(target, strikes.add(source));
    if (fault === "target" || copy.isLastSource || strikes.size >= STRIKES_MAX) this.#passOver(target, strikes);
  }

  /** The sources that failed for it are worth asking for another target. */
  #passOver(target: NodeId, strikes: ReadonlySet<CopySource>): void {
    this.failedTargets.add(target);
    for (const source of strikes) this.failedSources.delete(source);
  }
}
