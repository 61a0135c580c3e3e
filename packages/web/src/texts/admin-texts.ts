import { countOf } from "../format/count-of.ts";

export const jobsTexts = {
  title: "Jobs",
  lead: "The coordinator's periodic work.",
  columns: { job: "Job", state: "State", last: "Last run", next: "Next run", actions: "Actions" },
  states: { idle: "Idle", running: "Running", paused: "Paused" },
  every: (duration: string) => `every ${duration}`,
  run: "Run now",
  pause: "Pause",
  resume: "Resume",
  of: (what: string, job: string) => `${what}: ${job}`,
  never: "Not yet",
  failed: "Failed",
  progress: (done: number, total: number | null, unit: string) =>
    total === null
      ? `${done.toLocaleString("en")} ${unit}`
      : `${done.toLocaleString("en")} of ${total.toLocaleString("en")} ${unit}`,
} as const;

export const repairTexts = {
  title: "Repair",
  queue: "Waiting, the most endangered first",
  urgencies: {
    unreadable: "No copy can be read",
    critical: "One copy left",
    degraded: "Lack copies",
    relocating: "On the move",
  },
  now: "Being copied now",
  noneNow: "Nothing is being copied.",
  columns: { part: "Part", from: "From", to: "To", size: "Size", since: "Since", why: "Why" },
  spool: "The coordinator's own store",
  stuck: "Cannot be repaired now",
  reasons: {
    no_readable_copy: "No copy can be read now. It waits for a node that has one.",
    no_node_with_room: "No node that may have it has room.",
    pinned_node_takes_nothing: "The node that it is pinned to takes nothing.",
  },
  pause: "Pause repair",
  resume: "Resume repair",
  run: "Look through everything now",
  swept: "All parts were looked at",
  chunks: (count: number) => countOf(count, "part"),
} as const;
