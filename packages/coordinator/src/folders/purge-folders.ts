import type { Clock } from "@commonhold/core/clock.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";

const FOLDERS_PER_STEP = 1_000;

/** Forgets deleted folders once their grace has passed: before their files begin to go, so that none comes back empty. */
export async function purgeFolders(
  deps: { readonly metadata: Pick<Metadata, "apply">; readonly clock: Clock },
  { graceMs }: { readonly graceMs: number },
  signal: AbortSignal,
): Promise<void> {
  const due = { deleted_before_ms: Math.max(0, deps.clock.nowMs() - graceMs), limit: FOLDERS_PER_STEP };
  for (;;) {
    signal.throwIfAborted();
    const { purged } = await deps.metadata.apply("folder.purge", due);
    if (purged < FOLDERS_PER_STEP) return;
  }
}
