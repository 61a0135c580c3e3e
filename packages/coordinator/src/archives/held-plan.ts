import type { MemoryShare } from "../downloads/personal-memory.ts";
import { type ArchivePlan, PLAN_BYTES_MAX } from "./archive-plan.ts";

export interface HeldPlan {
  readonly plan: ArchivePlan;
  /** Gives back what the plan takes of memory. */
  readonly release: () => void;
}

/**
 * Makes a plan once there is room for the largest, and then holds what this one takes.
 * @throws AppError OVERLOADED; what `make` throws
 */
export async function holdPlan(
  memory: MemoryShare,
  make: () => Promise<ArchivePlan>,
  signal: AbortSignal,
): Promise<HeldPlan> {
  const release = await memory.acquireWithin(PLAN_BYTES_MAX, signal);
  try {
    const plan = await make();
    release(PLAN_BYTES_MAX - plan.memoryBytes);
    return { plan, release: () => release() };
  } catch (error) {
    release();
    throw error;
  }
}
