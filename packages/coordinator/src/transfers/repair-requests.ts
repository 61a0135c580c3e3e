import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";

/** @param refusedBy a node that has no room for its copies, or drains */
export type RequestRepair = (names: readonly ChunkName[], refusedBy?: NodeId) => void;

/** Passes chunks that were found not to be as they should be on to repair; until that has begun, its sweep finds them. */
export class RepairRequests {
  #take: RequestRepair = () => undefined;

  connect(take: RequestRepair): void {
    this.#take = take;
  }

  readonly request: RequestRepair = (names, refusedBy) => this.#take(names, refusedBy);
}
