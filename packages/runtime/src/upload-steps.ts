import { channel } from "node:diagnostics_channel";

/** What a coordinator does for an upload, in this order; the middle ones once for each chunk or copy. */
export const COORDINATOR_UPLOAD_STEPS = [
  "coordinator:session-begun",
  "coordinator:chunk-received",
  "coordinator:chunk-sealed",
  "coordinator:copies-placed",
  "coordinator:copy-acknowledged",
  "coordinator:quorum-reached",
  "coordinator:before-chunk-commit",
  "coordinator:after-chunk-commit",
  "coordinator:before-late-copies",
  "coordinator:handoff-spooled",
  "coordinator:late-copies-recorded",
  "coordinator:before-file-complete",
  "coordinator:after-file-complete",
] as const;

/** What a storage node does for one chunk that gets a file of its own, in this order. */
export const NODE_UPLOAD_STEPS = [
  "node:store-authorised",
  "node:temporary-created",
  "node:temporary-written",
  "node:temporary-synced",
  "node:chunk-renamed",
  "node:folder-synced",
  "node:index-written",
  "node:before-answer",
] as const;

/** What it does for a small one, which goes to a pack with others. */
export const NODE_PACK_STEPS = [
  "node:store-authorised",
  "node:pack-written",
  "node:pack-synced",
  "node:index-written",
  "node:before-answer",
] as const;

/** What it does beside, now and then, to give back what is dead in a pack. */
export const NODE_COMPACTION_STEPS = ["node:pack-copied", "node:pack-removed", "node:pack-dropped"] as const;

export type UploadStep =
  | (typeof COORDINATOR_UPLOAD_STEPS)[number]
  | (typeof NODE_UPLOAD_STEPS)[number]
  | (typeof NODE_PACK_STEPS)[number]
  | (typeof NODE_COMPACTION_STEPS)[number];

/** The diagnostics channel on which an upload's steps are told. */
export const UPLOAD_STEP_CHANNEL = "commonhold:upload-step";

const steps = channel(UPLOAD_STEP_CHANNEL);

/**
 * Tells whoever watches this process from inside, as the crash tests do, that an upload has come to a step. Costs
 * nothing while nobody watches.
 */
export function reachUploadStep(step: UploadStep): void {
  steps.publish(step);
}
