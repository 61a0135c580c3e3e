import Type, { type Static } from "typebox";
import type { ActionNote } from "@commonhold/metadata/commands/admin-actions.ts";
import type { AdminLog } from "../admin/admin-log.ts";
import type { Authentication } from "../http/authentication.ts";
import type { Http } from "../http/http-server.ts";
import { currentUser } from "../http/principal.ts";
import { BY_ACCESS_TOKEN, errorAnswers, Instant, instantText, TAGS } from "../http/route-schema.ts";
import { registerJsonRoutes } from "../http/route-scopes.ts";
import type { JobStatus, JobThrottle } from "./job.ts";
import type { JobRegistry } from "./job-registry.ts";

export interface JobRoutesDeps {
  readonly authentication: Pick<Authentication, "requireRole">;
  readonly jobs: JobRegistry;
  readonly log: Pick<AdminLog, "note" | "record">;
}

const Limit = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description }));

const Throttle = Type.Object(
  {
    bytes_per_second: Limit("The most that it moves, 65536 at least; as configured where it is not given."),
    concurrent: Limit("As many at once; as configured where it is not given."),
  },
  { description: "What it is held to." },
);

const JobSchema = Type.Object(
  {
    name: Type.String({ examples: ["repair"] }),
    description: Type.String({ description: "What it does." }),
    state: Type.Enum(["idle", "running", "paused"]),
    interval_ms: Type.Integer({ description: "From the end of a run to the next." }),
    next_run_at: Type.Union([Instant("When it runs next."), Type.Null()]),
    last_run: Type.Union([
      Type.Object({
        started_at: Instant("When it began."),
        ended_at: Instant("When it ended."),
        failure: Type.Union([Type.String(), Type.Null()], { description: "Why it failed, where it did." }),
      }),
      Type.Null(),
    ]),
    progress: Type.Union(
      [
        Type.Object({
          done: Type.Integer({ minimum: 0 }),
          total: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
          unit: Type.String({ examples: ["chunks"] }),
        }),
        Type.Null(),
      ],
      { description: "Of the run under way." },
    ),
    throttle: Type.Union([Throttle, Type.Null()], { description: "null for a job with nothing to throttle." }),
  },
  { description: "Periodic work of the coordinator." },
);

const JobsSchema = Type.Object({ items: Type.Array(JobSchema) }, { description: "All jobs, by name." });
const JobParams = Type.Object({ name: Type.String({ maxLength: 64, description: "The job's name." }) });
const ThrottleBody = Type.Object({ throttle: Throttle });

type Verb = "run" | "pause" | "resume";

/** For admins: lists, runs, pauses and throttles the coordinator's jobs. */
export function registerJobRoutes(app: Http, { authentication, jobs, log }: JobRoutesDeps): void {
  const onRequest = authentication.requireRole("admin");
  const shared = { tags: [TAGS.operations], security: BY_ACCESS_TOKEN };
  const refusals = ["UNAUTHENTICATED", "TOKEN_EXPIRED", "FORBIDDEN"] as const;
  registerJsonRoutes(app, (routes) => {
    routes.get("/api/v1/jobs", {
      onRequest,
      schema: {
        ...shared,
        operationId: "listJobs",
        summary: "The coordinator's jobs (admins)",
        response: { 200: JobsSchema, ...errorAnswers(...refusals) },
      },
      handler: async () => ({ items: jobs.list().map(jobView) }),
    });
    const act = (verb: Verb, action: (name: string, note: ActionNote) => Promise<JobStatus>, summary: string) =>
      routes.post(`/api/v1/jobs/:name/${verb}`, {
        onRequest,
        schema: {
          ...shared,
          operationId: `${verb}Job`,
          summary,
          params: JobParams,
          response: { 200: JobSchema, ...errorAnswers("INVALID_REQUEST", ...refusals, "NOT_FOUND") },
        },
        handler: async (request) =>
          jobView(await action(request.params.name, log.note(currentUser(request), `job.${verb}`))),
      });
    const run = async (name: string, note: ActionNote) => {
      const status = jobs.run(name);
      await log.record(note, { kind: "job", id: name });
      return status;
    };
    act("run", run, "Begin a run of a job now (admins)");
    act("pause", (name, note) => jobs.setPaused(name, true, note), "Pause a job, also over restarts (admins)");
    act("resume", (name, note) => jobs.setPaused(name, false, note), "Let a paused job go on (admins)");
    routes.patch("/api/v1/jobs/:name", {
      onRequest,
      schema: {
        ...shared,
        operationId: "configureJob",
        summary: "Throttle a job, also over restarts (admins)",
        params: JobParams,
        body: ThrottleBody,
        response: { 200: JobSchema, ...errorAnswers("INVALID_REQUEST", ...refusals, "NOT_FOUND") },
      },
      handler: async (request) => {
        const { throttle } = request.body;
        const note = log.note(currentUser(request), "job.throttle", { ...throttle });
        return jobView(await jobs.setThrottle(request.params.name, readThrottle(throttle), note));
      },
    });
  });
}

function readThrottle({ bytes_per_second: bytesPerSecond, concurrent }: Static<typeof Throttle>): JobThrottle {
  return {
    ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
    ...(concurrent === undefined ? {} : { concurrent }),
  };
}

function jobView(job: JobStatus): Static<typeof JobSchema> {
  const { lastRun, progress, throttle } = job;
  return {
    name: job.name,
    description: job.description,
    state: job.state,
    interval_ms: job.intervalMs,
    next_run_at: job.nextRunAtMs === undefined ? null : instantText(job.nextRunAtMs),
    last_run:
      lastRun === undefined
        ? null
        : {
            started_at: instantText(lastRun.startedAtMs),
            ended_at: instantText(lastRun.endedAtMs),
            failure: lastRun.failure ?? null,
          },
    progress:
      progress === undefined ? null : { done: progress.done, total: progress.total ?? null, unit: progress.unit },
    throttle:
      throttle === undefined
        ? null
        : {
            ...(throttle.bytesPerSecond === undefined ? {} : { bytes_per_second: throttle.bytesPerSecond }),
            ...(throttle.concurrent === undefined ? {} : { concurrent: throttle.concurrent }),
          },
  };
}
