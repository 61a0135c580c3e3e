import { AppError } from "@commonhold/core/app-error.ts";
import type { Output } from "../../output/output.ts";
import type { NodeStatus } from "../../roles/node-admin.ts";
import { drainProgressOf } from "./drain-progress.ts";

const POLL_MS = 2000;

export interface WaitUntilEmptyDeps {
  /** @throws AppError NODE_UNREACHABLE where the node has stopped */
  readonly status: () => Promise<NodeStatus>;
  /** Resolves early when the wait is given up. */
  readonly sleep: (ms: number) => Promise<void>;
  readonly output: Pick<Output, "note" | "line" | "json">;
}

/**
 * Watches a drain to its end, and tells how far it is whenever that changes. To give the wait up does not end the drain.
 * @param begun the node when the drain was asked for, of which the person knows
 * @returns the node as it is in the end
 * @throws AppError CONCURRENT_CHANGE where the drain was cancelled meanwhile, or what `status` throws
 */
export async function waitUntilEmpty(
  { status, sleep, output }: WaitUntilEmptyDeps,
  begun: NodeStatus,
  signal: AbortSignal,
): Promise<NodeStatus> {
  let node = begun;
  let told = drainProgressOf(begun);
  while (!node.safe_to_stop) {
    await sleep(POLL_MS);
    signal.throwIfAborted();
    node = await status();
    if (!node.draining) throw new AppError("CONCURRENT_CHANGE", `${node.name} is no longer being emptied`);
    const progress = drainProgressOf(node);
    if (progress !== told && !node.safe_to_stop) output.note(progress);
    told = progress;
  }
  if (!output.json && !begun.safe_to_stop) output.line(`${node.name}: ${drainProgressOf(node)}`);
  return node;
}
