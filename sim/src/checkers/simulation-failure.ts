import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";

/**
 * loss: an acknowledged chunk is gone · unsafe_deletion: a copy that was promised is deleted · false_record: a copy is
 * taken for one that is not there · lingering: what was deleted is still there · divergence: the network does not come
 * to what was promised · excess_work: more is copied than must be · error: production code threw or logged an error ·
 * uncaught: a node that cheats is not found out · injustice: an honest node is · wrong_sum: money or time does not add up
 * to what really happened.
 */
export type FailureKind =
  | "loss"
  | "unsafe_deletion"
  | "false_record"
  | "lingering"
  | "divergence"
  | "excess_work"
  | "error"
  | "uncaught"
  | "injustice"
  | "wrong_sum";

/** A checker found that something is not as it must be. */
export class SimulationFailure extends Error {
  readonly kind: FailureKind;
  readonly atMs: number;
  readonly chunk: ChunkName | undefined;
  readonly nodeId: NodeId | undefined;

  constructor(
    found: { readonly kind: FailureKind; readonly message: string; readonly atMs: number },
    about: { readonly chunk?: ChunkName; readonly nodeId?: NodeId; readonly cause?: unknown } = {},
  ) {
    super(found.message, about.cause === undefined ? undefined : { cause: about.cause });
    this.name = "SimulationFailure";
    this.kind = found.kind;
    this.atMs = found.atMs;
    this.chunk = about.chunk;
    this.nodeId = about.nodeId;
  }
}
