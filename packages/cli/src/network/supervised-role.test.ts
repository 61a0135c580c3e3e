import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { expect, onTestFinished, test, vi } from "vitest";
import { eventually, isAlive } from "../testing/eventually.ts";
import { tempFolder } from "../testing/temp-folder.ts";
import type { RestartPolicy } from "./restart-policy.ts";
import { type RoleProcess, SupervisedRole } from "./supervised-role.ts";

// Processes start slowly on a machine that is busy.
vi.setConfig({ testTimeout: 60_000 });

const PROGRAM = fileURLToPath(new URL("../testing/test-role.ts", import.meta.url));

async function supervise(
  args: (folder: string) => string[],
  next: RestartPolicy["next"] = () => ({ delayMs: 1, failures: 1 }),
  more: Partial<RoleProcess> = {},
) {
  const folder = await tempFolder();
  const events: string[] = [];
  const role = new SupervisedRole(
    {
      clock: systemClock,
      restartPolicy: { next },
      onEvent: (line) => events.push(line),
    },
    {
      name: "role",
      program: PROGRAM,
      args: args(folder),
      logFile: join(folder, "logs", "role.log"),
      verbose: false,
      ...more,
    },
  );
  onTestFinished(() => role.stop(0));
  return { role, events, folder };
}

test("a role is started, tells its address, logs to its file, and is stopped in order", async () => {
  const { role, folder, events } = await supervise((at) => ["ready", join(at, "stopped")]);
  const url = await role.start();
  const { pid } = role;
  expect(url).toBe(`http://127.0.0.1/${pid}`);
  await role.stop(10_000);
  expect(isAlive(pid!)).toBe(false);
  expect(await readFile(join(folder, "stopped"), "utf8")).toBe("stopped");
  expect(await readFile(join(folder, "logs", "role.log"), "utf8")).toContain("begun ready");
  expect(events).toEqual([]);
});

test("what a role fails with at its start comes through", async () => {
  const { role } = await supervise(() => ["fail"]);
  await expect(role.start()).rejects.toMatchObject({ code: "INVALID_CONFIG", message: "the colour is wrong" });
});

test.each(["fail", "fail-open"])("the process of a role whose start failed is gone by itself: %s", async (how) => {
  const { role, folder } = await supervise(() => [how], undefined, {
    startLimits: { readyMs: 60_000, failedMs: 120_000 },
  });
  await expect(role.start()).rejects.toMatchObject({ message: "the colour is wrong" });
  expect(role.pid).toBeUndefined();
  expect(await readFile(join(folder, "logs", "role.log"), "utf8")).toContain("the colour is wrong");
});

test.each(["fail", "fail-open"])("a role whose start failed ends with the program's exit code: %s", async (how) => {
  const child = fork(PROGRAM, [how], { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  expect(await once(child, "exit")).toEqual([42, null]);
});

test("a role whose start failed and whose process stays is ended", async () => {
  const startLimits = { readyMs: 60_000, failedMs: 10 };
  const { role } = await supervise(() => ["fail-stuck"], undefined, { startLimits });
  await expect(role.start()).rejects.toMatchObject({ code: "INVALID_CONFIG", message: "the colour is wrong" });
  expect(role.pid).toBeUndefined();
});

test("a role that never gets ready is ended, and told with its log", async () => {
  const startLimits = { readyMs: 300, failedMs: 60_000 };
  const { role, folder } = await supervise(() => ["never"], undefined, { startLimits });
  const starting = role.start();
  const { pid } = role;
  await expect(starting).rejects.toMatchObject({
    code: "TIMEOUT",
    message: `role was not ready within 0.3 s: its log is ${join(folder, "logs", "role.log")}`,
  });
  expect(isAlive(pid!)).toBe(false);
});

test("a program that cannot be run is told with its log", async () => {
  const { role, folder } = await supervise(() => ["ready"]);
  const broken = new SupervisedRole(
    { clock: systemClock, restartPolicy: { next: () => ({ delayMs: 1, failures: 1 }) }, onEvent: () => undefined },
    { name: "ghost", program: join(folder, "none.ts"), args: [], logFile: join(folder, "ghost.log"), verbose: false },
  );
  await expect(broken.start()).rejects.toMatchObject({ message: expect.stringContaining("ghost.log") });
  expect(role.pid).toBeUndefined();
});

test("a role that dies is started again, and it is told", async () => {
  const { role, events } = await supervise((at) => ["die-once", join(at, "died")]);
  await role.start();
  await eventually("the restart", () => role.pid !== undefined && events.length === 1);
  expect(events[0]).toMatch(/^role ended with code 3: its log is .*role\.log\. Starting it again in 0\.001 s$/);
  expect(isAlive(role.pid!)).toBe(true);
});

test("a role that keeps dying is started again and again, with its failures told, and stopped at once while it waits", async () => {
  let failures = 0;
  const next = () => ({ delayMs: ++failures < 3 ? 1 : 3_600_000, failures });
  const { role, events } = await supervise((at) => ["ready-once", join(at, "ready")], next);
  await role.start();
  process.kill(role.pid!, "SIGKILL");
  await eventually("the third failure", () => events.length === 3);
  expect(events[0]).toMatch(/by SIGKILL: its log is .*role\.log\. Starting it again in 0\.001 s$/);
  expect(events.at(-1)).toMatch(/, which is failure 3 in a row\. Starting it again in 3600 s$/);
  expect(role.pid).toBeUndefined();
  await role.stop(3_600_000);
});

test("a role that has stopped is not waited for while its process takes its time to exit", async () => {
  const { role, folder, events } = await supervise((at) => ["slow-exit", join(at, "stopped")]);
  await role.start();
  const pid = role.pid!;
  await role.stop(3_600_000);
  expect(isAlive(pid)).toBe(false);
  expect(await readFile(join(folder, "stopped"), "utf8")).toBe("stopped");
  expect(events).toEqual([]);
});

test("a role that does not stop is ended", async () => {
  const { role, events } = await supervise(() => ["hang"]);
  await role.start();
  const pid = role.pid!;
  await role.stop(50);
  expect(isAlive(pid)).toBe(false);
  expect(events).toEqual(["role did not stop within 0.05 s and is ended"]);
});

test("a role stops by itself when its supervisor is killed with -9", async () => {
  const folder = await tempFolder();
  const program = fileURLToPath(new URL("../testing/test-supervisor.ts", import.meta.url));
  const stopped = join(folder, "stopped");
  const supervisor = spawn(process.execPath, [program, join(folder, "role.log"), stopped]);
  onTestFinished(() => void supervisor.kill("SIGKILL"));
  const rolePid = await new Promise<number>((resolve) => {
    supervisor.stdout.once("data", (line) => resolve(Number(line)));
  });
  expect(isAlive(rolePid)).toBe(true);
  supervisor.kill("SIGKILL");
  await eventually("the end of the role", () => !isAlive(rolePid));
  expect(existsSync(stopped)).toBe(true);
});

test.skipIf(process.platform !== "linux")(
  "a role is not told what the person who starts it is logged in with",
  async () => {
    vi.stubEnv("COMMONHOLD_TOKEN", "an-access-token");
    vi.stubEnv("COMMONHOLD_JOIN_TOKEN", "chj_join");
    vi.stubEnv("COMMONHOLD_URL", "http://127.0.0.1:1");
    onTestFinished(() => void vi.unstubAllEnvs());
    const { role } = await supervise(() => ["ready"]);
    await role.start();
    const environment = await readFile(`/proc/${role.pid}/environ`, "utf8");
    expect(environment).toContain("COMMONHOLD_URL=http://127.0.0.1:1");
    expect(environment).not.toMatch(/an-access-token|chj_join/);
  },
);

test("a role reads the bundle of all modules, and keeps no compiled code", async () => {
  const { role, folder } = await supervise(() => ["explain"], undefined, { env: { NODE_COMPILE_CACHE: "somewhere" } });
  await role.start();
  const bundledSources = new URL("../../../../scripts/bundled-sources.mjs", import.meta.url);
  expect(existsSync(bundledSources)).toBe(true);
  const lines = (await readFile(join(folder, "logs", "role.log"), "utf8")).split("\n").map((line) => line.trim());
  expect(lines).toContain(`--import=${bundledSources.href}`);
  expect(lines).toContain("cache undefined");
});

test("the log of a role that chatters stays small while it runs", async () => {
  const logLimits = { bytesMax: 20_000, checkMs: 5 };
  const { role, folder } = await supervise(() => ["chatter"], undefined, { logLimits });
  await role.start();
  const log = join(folder, "logs", "role.log");
  let emptied = 0;
  let largest = 0;
  let before = 0;
  await eventually("the third time that the log is emptied", () => {
    const { size } = statSync(log);
    if (size < before) emptied += 1;
    before = size;
    largest = Math.max(largest, size);
    return emptied >= 3;
  });
  expect(largest).toBeLessThan(2_000_000);
  expect(statSync(`${log}.1`).mode & 0o777).toBe(0o600);
  expect(await readFile(`${log}.1`, "utf8")).toMatch(/^(begun )?chatter/);
});
