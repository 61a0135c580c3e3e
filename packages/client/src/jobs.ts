import { count, list, nullable, object, optional, type Read, text } from "./answer.ts";
import { withSignal } from "./http-attempt.ts";
import type { HttpTransport } from "./http-transport.ts";

const throttle = object({ bytes_per_second: optional(count), concurrent: optional(count) });

/** Periodic work of the coordinator. Times are ISO 8601 text. */
export const jobObject = object({
  name: text,
  description: text,
  /** idle, running or paused. */
  state: text,
  interval_ms: count,
  next_run_at: nullable(text),
  last_run: nullable(object({ started_at: text, ended_at: text, failure: nullable(text) })),
  /** Of the run under way; a total that is not known is null. */
  progress: nullable(object({ done: count, total: nullable(count), unit: text })),
  /** What it is held to; null where there is nothing to throttle. */
  throttle: nullable(throttle),
});

export type JobObject = Read<typeof jobObject>;

/** Limits of a job; one that is left out is as configured. */
export interface JobThrottle {
  readonly bytesPerSecond?: number;
  readonly concurrent?: number;
}

/** For admins: each throws AppError FORBIDDEN for others, and NOT_FOUND for a name that no job has. */
export interface Jobs {
  list(signal?: AbortSignal): Promise<readonly JobObject[]>;
  /** Begins a run now. */
  run(name: string, signal?: AbortSignal): Promise<JobObject>;
  /** Until it is resumed, also over restarts of the coordinator. */
  pause(name: string, signal?: AbortSignal): Promise<JobObject>;
  resume(name: string, signal?: AbortSignal): Promise<JobObject>;
  setThrottle(name: string, limits: JobThrottle, signal?: AbortSignal): Promise<JobObject>;
}

export function createJobs({ transport }: { readonly transport: HttpTransport }): Jobs {
  const pathOf = (name: string) => `/api/v1/jobs/${encodeURIComponent(name)}`;
  const act = (verb: string) => (name: string, signal?: AbortSignal) =>
    transport.call({ method: "POST", path: `${pathOf(name)}/${verb}`, ...withSignal(signal) }, jobObject);
  return {
    list: async (signal) =>
      (
        await transport.call(
          { method: "GET", path: "/api/v1/jobs", ...withSignal(signal) },
          object({ items: list(jobObject) }),
        )
      ).items,
    run: act("run"),
    pause: act("pause"),
    resume: act("resume"),
    setThrottle: (name, { bytesPerSecond, concurrent }, signal) =>
      transport.call(
        {
          method: "PATCH",
          path: pathOf(name),
          body: { throttle: { bytes_per_second: bytesPerSecond, concurrent } },
          ...withSignal(signal),
        },
        jobObject,
      ),
  };
}
