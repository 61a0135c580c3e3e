import { readFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { DAY_MS, nextUtcDay, utcDayInterval, utcDayOf } from "@commonhold/core/economics/utc-day.ts";
import { createIdentity } from "@commonhold/p2p/identity.ts";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startTestCoordinator, type TestCoordinator } from "./coordinator.fixture.ts";
import { HEARTBEAT, ManualClock, registrationOf } from "./http/api.fixture.ts";

const SEALED_LENGTH = 4_000_000;
const WATCH_MS = 60_000;

type Body = ReturnType<typeof JSON.parse>;

let clock: ManualClock;
let coordinator: TestCoordinator;
beforeEach(async () => {
  clock = new ManualClock();
  // The first second of a day.
  clock.advance(utcDayInterval(nextUtcDay(utcDayOf(clock.nowMs()))).fromMs - clock.nowMs());
  coordinator = await startTestCoordinator({ clock });
});
afterEach(() => coordinator.end());

async function call(
  method: string,
  path: string,
  { token, body }: { token?: string; body?: object } = {},
): Promise<Body> {
  const answer = await fetch(coordinator.url + path, {
    method,
    ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return await answer.json();
}

/** Of the first account: an admin, and here the operator and the owner too. Tokens do not last for days. */
async function login(): Promise<string> {
  const account = JSON.parse(await readFile(coordinator.firstAccountFile, "utf8")) as object;
  return (await call("POST", "/api/v1/auth/login", { body: account })).access_token;
}

async function runJob(name: string): Promise<void> {
  const token = await login();
  const lastRun = async () => {
    const { items } = await call("GET", "/api/v1/jobs", { token });
    return items.find((job: { readonly name: string }) => job.name === name).last_run;
  };
  const before = await lastRun();
  clock.advance(1);
  await call("POST", `/api/v1/jobs/${name}/run`, { token });
  await expect.poll(lastRun, { timeout: 10_000 }).not.toEqual(before);
  expect((await lastRun()).failure).toBeNull();
}

async function joinNode() {
  const identity = createIdentity();
  const invitation = await call("POST", "/api/v1/nodes/join-tokens", { token: await login(), body: {} });
  const claim = { joinToken: invitation.join_token, name: "attic", timestampMs: clock.nowMs() };
  const { node_id, api_key } = await call("POST", "/api/v1/nodes/register", { body: registrationOf(identity, claim) });
  const beat = () => call("POST", "/api/v1/nodes/heartbeat", { token: api_key, body: HEARTBEAT });
  await beat();
  return { id: node_id as string, beat };
}

/** As if an upload had brought it. */
function holdChunk(nodeId: string, ownerId: string): void {
  using database = new DatabaseSync(join(coordinator.folder, "metadata.db"), { timeout: 5_000 });
  const name = "00".repeat(32);
  database
    .prepare("INSERT INTO chunks (name, owner_id, sealed_length, copies, created_at_ms) VALUES (?, ?, ?, 1, 0)")
    .run(name, ownerId, SEALED_LENGTH);
  database
    .prepare(
      "INSERT INTO assignments (chunk_name, node_id, state, updated_at_ms, held_since_ms) VALUES (?, ?, ?, 0, ?)",
    )
    .run(name, nodeId, "active", clock.nowMs());
}

/** A minute in which the coordinator watches, and the node reports. */
async function passMinute(beat: () => Promise<unknown>): Promise<void> {
  for (let half = 0; half < 2; half++) {
    clock.advance(WATCH_MS / 2);
    await beat();
  }
  await runJob("uptime-watch");
}

it("settles a day after it is over, and shows it to owner and operator", async () => {
  const day = utcDayOf(clock.nowMs());
  const node = await joinNode();
  const { id: ownerId } = await call("GET", "/api/v1/auth/me", { token: await login() });
  holdChunk(node.id, ownerId);
  const heldSinceMs = clock.nowMs();
  await passMinute(node.beat);
  await runJob("settlement");
  const { toMs } = utcDayInterval(day);
  // The process stands still until shortly after midnight: nobody is blamed for that.
  clock.advance(toMs - clock.nowMs());
  await runJob("uptime-watch");
  for (let minute = 0; minute < 4; minute++) await passMinute(node.beat);
  await runJob("settlement");
  const query = `?month=${day.slice(0, 7)}`;
  const earnings = async () => call("GET", `/api/v1/nodes/${node.id}/earnings${query}`, { token: await login() });
  expect((await earnings()).items).toEqual([]);
  for (let minute = 0; minute < 2; minute++) await passMinute(node.beat);
  await runJob("settlement");

  const byteMs = BigInt(SEALED_LENGTH) * BigInt(toMs - heldSinceMs);
  const gross = (byteMs * 800_000n) / (10n ** 9n * BigInt(DAY_MS) * 30n);
  const { items } = await earnings();
  expect(items).toMatchObject([
    { day, byte_ms: byteMs.toString(), gross_microcredits: gross.toString(), net_microcredits: gross.toString() },
  ]);
  expect(items[0].online_ms).toBe(items[0].observed_ms);
  const charged = ((byteMs * 1_000_000n) / (10n ** 9n * BigInt(DAY_MS) * 30n) + 1n).toString();
  const standing = await call("GET", "/api/v1/credits", { token: await login() });
  expect(standing.last_day).toMatchObject({ day, charged_microcredits: charged });
  await runJob("settlement");
  expect((await earnings()).items).toEqual(items);
  await runJob("ledger-check");
  expect((await call("GET", "/api/v1/status", { token: await login() })).ledger).toMatchObject({
    mismatches: 0,
    total_microcredits: "0",
  });
});
