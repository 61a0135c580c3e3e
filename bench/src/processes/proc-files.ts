import { readFileSync, writeFileSync } from "node:fs";

/** Of Linux on every processor that Node.js runs on. */
const TICKS_PER_SECOND = 100;
const KIB = 1024;
/** Makes the highest memory so far the present one (proc(5), clear_refs). */
const RESET_PEAK = "5";

/** Seconds of processor time that a process has taken, in all its threads; undefined where the system does not tell. */
export function cpuSecondsOf(pid: number): number | undefined {
  const stat = readProc(pid, "stat");
  return stat === undefined ? undefined : parseCpuSeconds(stat);
}

/** Resident memory now, and the most since it was last reset, in bytes. */
export function memoryOf(pid: number): { readonly rssBytes: number; readonly peakBytes: number } | undefined {
  const status = readProc(pid, "status");
  return status === undefined ? undefined : parseMemory(status);
}

export function resetPeakMemory(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, RESET_PEAK);
  } catch {
    // Then the peak is that of the process's whole life.
  }
}

/** utime and stime of proc(5), stat; the name before them may hold anything, also brackets. */
export function parseCpuSeconds(stat: string): number | undefined {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  return Number.isFinite(ticks) ? ticks / TICKS_PER_SECOND : undefined;
}

export function parseMemory(status: string): { readonly rssBytes: number; readonly peakBytes: number } | undefined {
  const rss = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  if (rss === undefined || peak === undefined) return undefined;
  return { rssBytes: Number(rss) * KIB, peakBytes: Number(peak) * KIB };
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined;
  }
}
