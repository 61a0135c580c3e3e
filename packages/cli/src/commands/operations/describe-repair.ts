import type { RepairStatus } from "@commonhold/client/repair.ts";
import { formatByteSize } from "@commonhold/core/byte-size.ts";
import { countOf } from "../../output/count-of.ts";
import { formatDuration } from "../../output/format-time.ts";

/** An estimate beyond this says only that hardly anything moves. */
const SECONDS_LEFT_MAX = 30 * 24 * 3600;

/**
 * What repair does now, in a line: progress and an estimate while it works, and what holds it back.
 * @param reasons where it stands why chunks cannot be repaired
 */
export function describeRepair(repair: RepairStatus, reasons = '"commonhold repair status" says why'): string {
  return `${doing(repair, reasons)}${held(repair.brake)}`;
}

function doing(repair: RepairStatus, reasons: string): string {
  const { state, queue, unrepairable, below_promise: below } = repair;
  if (state === "paused") return 'paused: "commonhold jobs resume repair" lets it go on';
  if (isWorking(repair)) return `running, ${progressOf(repair)}`;
  if (unrepairable.chunks > 0) {
    return `${countOf(unrepairable.chunks, "chunk")} cannot be repaired now: ${reasons}`;
  }
  if (queue.chunks > 0) return `${countOf(queue.chunks, "chunk waits", "chunks wait")} for another try`;
  if (below.chunks > 0) return `${countOf(below.chunks, "chunk is", "chunks are")} to be looked at again`;
  return repair.swept_at === null ? "has not looked through the chunks yet" : "nothing to do";
}

/** Between two copies, when it keeps to a pace, nothing is on its way for moments. */
function isWorking({ state, queue, brake }: RepairStatus): boolean {
  return state === "running" || (brake === null && queue.chunks > queue.waiting);
}

function progressOf(repair: RepairStatus): string {
  const { bytes_left: left, bytes_per_second: rate, seconds_left: seconds, brake } = repair;
  const what = `${formatByteSize(left)} left`;
  if (seconds === null || seconds > SECONDS_LEFT_MAX || brake !== null) return what;
  return `${what} at ${formatByteSize(rate)}/s, about ${formatDuration(seconds * 1000)} to go`;
}

function held(brake: RepairStatus["brake"]): string {
  if (brake === null) return "";
  const many = `${brake.away} of ${brake.nodes} nodes`;
  if (brake.reason === "starting") return `; held back, awaiting ${many} since the coordinator's start`;
  return `; held back, as ${many} went away within an hour: only what is critical is repaired`;
}
