import type { JobObject } from "@commonhold/client/jobs.ts";
import { formatByteSize } from "@commonhold/core/byte-size.ts";
import type { CliContext } from "../../cli-context.ts";
import { formatDuration, formatMoment } from "../../output/format-time.ts";
import { formatTable, type TableColumn } from "../../output/output.ts";

const ALWAYS: readonly TableColumn<JobObject>[] = [
  { title: "JOB", value: (job) => job.name },
  { title: "STATE", value: stateOf },
  { title: "EVERY", align: "right", value: (job) => formatDuration(job.interval_ms) },
  { title: "LAST RUN", value: lastRunOf },
  { title: "NEXT RUN", value: (job) => (job.next_run_at === null ? "" : formatMoment(job.next_run_at)) },
];
/** Where any job has something to show in them. */
const WHERE_ANY: readonly TableColumn<JobObject>[] = [
  { title: "LIMITS", value: limitsOf },
  { title: "FAILED WITH", value: (job) => job.last_run?.failure ?? "" },
];
const WHAT: TableColumn<JobObject> = { title: "WHAT IT DOES", value: (job) => job.description };

export async function listJobs(context: CliContext, options: { readonly long?: boolean }): Promise<void> {
  const client = await context.openClient();
  const jobs = await client.jobs.list(context.signal);
  if (context.output.json) return context.output.document({ items: jobs });
  const filled = WHERE_ANY.filter((column) => jobs.some((job) => column.value(job) !== ""));
  const columns = [...ALWAYS, ...filled, ...(options.long === true ? [WHAT] : [])];
  for (const line of formatTable(columns, jobs)) context.output.line(line);
}

export function actOnJob(verb: "run" | "pause" | "resume") {
  return async (context: CliContext, name: string): Promise<void> => {
    const client = await context.openClient();
    show(context, await client.jobs[verb](name, context.signal));
  };
}

export async function throttleJob(
  context: CliContext,
  name: string,
  limits: { readonly bytesPerSecond?: number; readonly concurrent?: number },
): Promise<void> {
  const client = await context.openClient();
  show(context, await client.jobs.setThrottle(name, limits, context.signal));
}

function show({ output }: CliContext, job: JobObject): void {
  if (output.json) return output.document(job);
  const limits = limitsOf(job);
  const held = limits === "" ? "as fast as configured" : `at most ${limits}`;
  output.line(`${job.name}: ${stateOf(job)}${job.throttle === null ? "" : `, ${held}`}`);
}

function stateOf({ state, progress }: JobObject): string {
  if (progress === null) return state;
  const { done, total, unit } = progress;
  return `${state}, ${done}${total === null ? "" : ` of ${total}`} ${unit}`;
}

function lastRunOf({ last_run: last }: JobObject): string {
  if (last === null) return "not yet";
  const tookMs = Date.parse(last.ended_at) - Date.parse(last.started_at);
  return `${formatMoment(last.ended_at)}${tookMs < 1000 ? "" : `, took ${formatDuration(tookMs)}`}`;
}

function limitsOf({ throttle }: JobObject): string {
  const { bytes_per_second: bytes, concurrent } = throttle ?? {};
  return [
    ...(bytes === undefined ? [] : [`${formatByteSize(bytes)}/s`]),
    ...(concurrent === undefined ? [] : [`${concurrent} at once`]),
  ].join(", ");
}
