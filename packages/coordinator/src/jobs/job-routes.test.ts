import { systemSleep } from "@commonhold/runtime/system-sleep.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import type { UserId } from "@commonhold/core/ids.ts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAdminLog } from "../admin/admin-log.ts";
import { type ApiFixture, createApiFixture } from "../http/api.fixture.ts";
import { createHttpFixture, createLogFixture } from "../http/http.fixture.ts";
import type { Http } from "../http/http-server.ts";
import { setPrincipal } from "../http/principal.ts";
import { createJob } from "./job.ts";
import { JobRegistry } from "./job-registry.ts";
import { registerJobRoutes } from "./job-routes.ts";
import { createJobSettings } from "./job-settings.ts";

let api: ApiFixture;
let app: Http;
let jobs: JobRegistry;
let runs: number;
beforeEach(async () => {
  api = await createApiFixture({ engine: "memory" });
  ({ app } = await createHttpFixture());
  runs = 0;
  jobs = openJobs();
  registerJobRoutes(app, {
    authentication: {
      requireRole: () => async (request) =>
        setPrincipal(request, { kind: "user", userId: "u" as UserId, role: "admin" }),
    },
    jobs,
    log: createAdminLog(api),
  });
});
afterEach(async () => {
  await jobs.stop();
  await app.close();
  await api.close();
});

function openJobs(): JobRegistry {
  const registry = new JobRegistry(createJobSettings(api.metadata));
  const deps = { clock: systemClock, sleep: systemSleep, logger: createLogFixture().logger };
  const run = async () => void runs++;
  registry.add(createJob(deps, { name: "tidy", description: "Tidies.", intervalMs: 60_000, run }));
  registry.add(createJob(deps, { name: "move", description: "Moves.", intervalMs: 60_000, run, canThrottle: true }));
  return registry;
}

async function call(method: "GET" | "POST" | "PATCH", url: string, body?: object) {
  const answer = await app.inject({ method, url, ...(body === undefined ? {} : { payload: body }) });
  return { status: answer.statusCode, body: answer.json() };
}

describe("jobs over HTTP", () => {
  it("are listed", async () => {
    expect(await call("GET", "/api/v1/jobs")).toEqual({
      status: 200,
      body: {
        items: [
          expect.objectContaining({ name: "move", state: "idle", throttle: {}, last_run: null, progress: null }),
          expect.objectContaining({ name: "tidy", description: "Tidies.", interval_ms: 60_000, throttle: null }),
        ],
      },
    });
  });

  it("run when they are asked to", async () => {
    expect((await call("POST", "/api/v1/jobs/tidy/run")).status).toBe(200);
    await expect.poll(() => runs).toBe(1);
    await expect
      .poll(async () => (await call("GET", "/api/v1/jobs")).body.items[1].last_run)
      .toMatchObject({ failure: null, ended_at: expect.any(String) });
  });

  it("are paused and throttled, also after a restart", async () => {
    expect((await call("POST", "/api/v1/jobs/move/pause")).body.state).toBe("paused");
    const throttle = { bytes_per_second: 65_536, concurrent: 2 };
    expect((await call("PATCH", "/api/v1/jobs/move", { throttle })).body).toMatchObject({ state: "paused", throttle });
    expect(await call("POST", "/api/v1/jobs/move/run")).toMatchObject({
      status: 400,
      body: { error: { code: "INVALID_REQUEST", message: expect.stringContaining("resume") } },
    });
    const restarted = openJobs();
    await restarted.start();
    expect(restarted.list()[0]).toMatchObject({ state: "paused", throttle: { bytesPerSecond: 65_536, concurrent: 2 } });
    await restarted.stop();
    expect((await call("POST", "/api/v1/jobs/move/resume")).body).toMatchObject({ state: "idle", throttle });
    expect((await call("PATCH", "/api/v1/jobs/move", { throttle: {} })).body.throttle).toEqual({});
  });

  it("are written to the log with who asked for it, as far as it was done", async () => {
    await call("POST", "/api/v1/jobs/tidy/run");
    await call("POST", "/api/v1/jobs/move/pause");
    await call("POST", "/api/v1/jobs/move/run");
    await call("POST", "/api/v1/jobs/move/resume");
    await call("PATCH", "/api/v1/jobs/move", { throttle: { concurrent: 2 } });
    await call("PATCH", "/api/v1/jobs/tidy", { throttle: { concurrent: 2 } });
    const actions = await createAdminLog(api).actions({ limit: 10 });
    expect(actions.map(({ action, actor, subject, details }) => [action, actor.id, subject.id, details])).toEqual([
      ["job.throttle", "u", "move", { concurrent: 2 }],
      ["job.resume", "u", "move", {}],
      ["job.pause", "u", "move", {}],
      ["job.run", "u", "tidy", {}],
    ]);
  });

  it("are not held to a pace at which nothing moves", async () => {
    expect(await call("PATCH", "/api/v1/jobs/move", { throttle: { bytes_per_second: 65_535 } })).toMatchObject({
      status: 400,
      body: { error: { code: "INVALID_REQUEST", message: expect.stringMatching(/65535.*64 KiB.*pause/) } },
    });
    expect((await call("GET", "/api/v1/jobs")).body.items[0].throttle).toEqual({});
  });

  it.each([
    ["POST", "/api/v1/jobs/none/run", undefined, 404, "NOT_FOUND"],
    ["PATCH", "/api/v1/jobs/tidy", { throttle: { concurrent: 1 } }, 400, "INVALID_REQUEST"],
    ["PATCH", "/api/v1/jobs/move", { throttle: { concurrent: 0 } }, 400, "INVALID_REQUEST"],
  ] as const)("%s %s %j is refused", async (method, url, body, status, code) => {
    expect(await call(method, url, body)).toMatchObject({ status, body: { error: { code } } });
  });
});
