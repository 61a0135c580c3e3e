import type { RepairStatus } from "@commonhold/client/repair.ts";
import { FAKE_REPAIR, fakeNode } from "@commonhold/client/testing/fake-facts.ts";
import { describe, expect, test, vi } from "vitest";
import { json, openHome } from "./testing/cli-home.ts";

// Processes start slowly on a machine that is busy.
vi.setConfig({ testTimeout: 60_000 });

const SINCE = "2026-01-01T00:00:00.000Z";
const CHUNKS = ["3a".repeat(32), "7f".repeat(32)] as const;
const ATTIC = fakeNode("attic").id;

/** One copy on its way, two chunks that nobody can help, others that wait. */
const BUSY: RepairStatus = {
  ...FAKE_REPAIR,
  state: "running",
  below_promise: {
    chunks: 12,
    by_missing: [
      { missing: 1, chunks: 10 },
      { missing: 2, chunks: 2 },
    ],
    oldest_since: SINCE,
  },
  relocating: 1,
  queue: { chunks: 9, by_urgency: { critical: 2, degraded: 7, relocating: 0, unreadable: 0 }, waiting: 3 },
  in_flight_count: 1,
  in_flight: [{ chunk: CHUNKS[0], from: null, to: ATTIC, bytes: 2_000_000, since: SINCE }],
  repaired: { copies: 1, bytes: 2_000_000 },
  bytes_per_second: 10_000_000,
  bytes_left: 1_200_000_000,
  seconds_left: 120,
  unrepairable: {
    chunks: 2,
    by_reason: { no_readable_copy: 1, no_node_with_room: 0, pinned_node_takes_nothing: 1 },
    items: [
      { chunk: CHUNKS[0], reason: "no_readable_copy", since: SINCE },
      { chunk: CHUNKS[1], reason: "of_the_future", since: SINCE },
    ],
  },
};

const lineOf = (stdout: string, name: string) => stdout.split("\n").find((line) => line.startsWith(`${name}  `));

describe("status", () => {
  test("shows how far repair is, and when it will be done", async () => {
    const { run, fake } = await openHome();
    expect(lineOf((await run(["status"])).stdout, "Repair")).toBe("Repair       nothing to do");
    fake.state.repair = BUSY;
    const busy = "Repair       running, 1.2 GB left at 10 MB/s, about 2 min to go";
    expect(lineOf((await run(["status"])).stdout, "Repair")).toBe(busy);
    expect(json((await run(["status", "--json"])).stdout)).toMatchObject({ repair: { seconds_left: 120 } });
  });

  test("of a coordinator that knows nothing of repair leaves that line out", async () => {
    const { run, fake } = await openHome();
    fake.state.repair = undefined;
    const [plain, asJson] = await Promise.all([run(["status"]), run(["status", "--json"])]);
    expect(plain).toMatchObject({ stderr: "", exitCode: 0 });
    expect(plain.stdout).toMatch(/^Nodes +1 active$/m);
    expect(plain.stdout).not.toContain("Repair");
    expect(json(asJson.stdout)).toMatchObject({ nodes: { active: 1 }, repair: null });
    const repair = await run(["repair"]);
    expect(repair).toMatchObject({ stdout: "", exitCode: 66, stderr: expect.stringContaining("(NOT_FOUND)") });
  });

  test("fails where repair cannot be asked for another reason", async () => {
    const { run, fake } = await openHome();
    fake.fault = ({ path, response }) => {
      if (path !== "/api/v1/repair") return false;
      response.writeHead(500).end('{"error":{"code":"INTERNAL","message":"it broke"}}');
      return true;
    };
    expect(await run(["status"])).toMatchObject({ stdout: "", stderr: "commonhold: it broke (INTERNAL)\n" });
  });
});

describe("repair status", () => {
  test("with nothing to do it says so in every line", async () => {
    const { run } = await openHome();
    const { stdout, stderr, exitCode } = await run(["repair", "status"]);
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(stdout.trimEnd().split("\n")).toEqual([
      "Repair          nothing to do",
      expect.stringMatching(/^Chunks {10}625, last looked through 20\d\d-\d\d-\d\d \d\d:\d\d$/),
      "Lacking copies  none",
      "On the move     none",
      "Queue           empty",
      "Being copied    nothing",
      "Not repairable  none",
      "Made so far     none, since the coordinator's start",
    ]);
  });

  test("at work it shows what is copied, what waits, and what cannot be helped and why", async () => {
    const { run, fake } = await openHome();
    fake.state.repair = BUSY;
    const { stdout } = await run(["repair"]);
    expect(stdout.trimEnd().split("\n")).toEqual([
      "Repair          running, 1.2 GB left at 10 MB/s, about 2 min to go",
      expect.stringMatching(/^Chunks {10}625, last looked through /),
      expect.stringMatching(/^Lacking copies {2}12 chunks \(10 lack 1, 2 lack 2\); the first since 20/),
      "On the move     1 chunk",
      "Queue           9 chunks (2 critical, 7 degraded); 3 for another try, later",
      "Being copied    1 copy",
      "Not repairable  1 chunk waiting for a node that has a copy, 1 chunk waiting for the node that it is pinned to",
      "Made so far     1 copy, 2 MB, since the coordinator's start",
      "",
      "Being copied now:",
      "  3a3a3a3a3a3a…  2 MB  the coordinator → attic",
      "",
      "Cannot be repaired now:",
      expect.stringMatching(/^ {2}3a3a3a3a3a3a… {2}since 20.*, waiting for a node that has a copy$/),
      expect.stringMatching(/^ {2}7f7f7f7f7f7f… {2}since 20.*, of_the_future$/),
    ]);
    expect(json((await run(["repair", "--json"])).stdout)).toEqual(JSON.parse(JSON.stringify(BUSY)));
  });

  test("people who are no admins see the numbers", async () => {
    const { run, fake } = await openHome();
    Object.assign(fake.state, { repair: BUSY, role: "user" });
    const { stdout, exitCode } = await run(["repair"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^Being copied +1 copy$/m);
    expect(stdout).not.toContain("3a3a");
  });
});

describe("nodes", () => {
  test("that will not return are removed, by force where they are needed", async () => {
    const { run, fake } = await openHome();
    const refused = await run(["node", "remove", "attic"]);
    expect(refused).toMatchObject({ exitCode: 73, stdout: "" });
    expect(refused.stderr).toMatch(/node attic is active: drain it.*NODE_STILL_NEEDED/);
    expect(refused.stderr).toMatch(/node remove attic --force" does it all the same/);
    const forced = await run(["node", "remove", ATTIC, "--force"]);
    expect(forced).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("attic is removed") });
    expect(fake.state.nodes[0]?.status).toBe("banned");
  });

  test("are cut off and let in again", async () => {
    const { run, fake } = await openHome();
    expect((await run(["node", "ban", "attic"])).stdout).toBe("attic is cut off\n");
    const unbanned = await run(["node", "unban", "attic", "--json"]);
    expect(json(unbanned.stdout)).toMatchObject({ name: "attic", status: "joining" });
    expect(await run(["node", "ban", "loft"])).toMatchObject({ exitCode: 66 });
    fake.state.role = "operator";
    expect(await run(["node", "ban", "attic"])).toMatchObject({ exitCode: 77 });
  });
});

describe("jobs", () => {
  test("are listed with what they do where asked, with limits and failures where there are any", async () => {
    const { run, fake } = await openHome();
    const short = (await run(["jobs"])).stdout.trimEnd().split("\n");
    expect(short).toEqual([
      expect.stringMatching(/^JOB +STATE +EVERY +LAST RUN +NEXT RUN$/),
      expect.stringMatching(/^purge +idle +1 min +not yet +20\d\d-\d\d-\d\d \d\d:\d\d$/),
      expect.stringMatching(/^repair +idle +5 min +20.*, took 7 s +20/),
    ]);
    const long = (await run(["jobs", "list", "--long"])).stdout;
    expect(long).toMatch(/NEXT RUN +WHAT IT DOES\n.* {2}Ends deleted files for good\.\n/);
    const repair = fake.state.jobs.get("repair")!;
    fake.state.jobs.set("repair", {
      ...repair,
      progress: { done: 4, total: 10, unit: "chunks" },
      last_run: { started_at: SINCE, ended_at: SINCE, failure: "no luck" },
      throttle: { bytes_per_second: 2_000_000, concurrent: undefined },
    });
    const failed = (await run(["jobs"])).stdout;
    expect(failed).toMatch(/NEXT RUN +LIMITS +FAILED WITH\n/);
    expect(failed).toMatch(/^repair +idle, 4 of 10 chunks .* 2 MB\/s +no luck$/m);
    expect(json((await run(["jobs", "--json"])).stdout)).toMatchObject({
      items: [{ name: "purge" }, { name: "repair" }],
    });
  });

  test("are run, paused, resumed and throttled", async () => {
    const { run, fake } = await openHome();
    expect((await run(["jobs", "run", "purge"])).stdout).toBe("purge: running\n");
    expect((await run(["jobs", "pause", "repair"])).stdout).toBe("repair: paused, as fast as configured\n");
    expect((await run(["jobs"])).stdout).toMatch(/^repair +paused .* took 7 s$/m);
    const again = await run(["jobs", "run", "repair"]);
    expect(again).toMatchObject({ exitCode: 64, stderr: expect.stringContaining("the job repair is paused") });
    expect((await run(["jobs", "resume", "repair"])).stdout).toBe("repair: idle, as fast as configured\n");
    const limits = ["--bytes-per-second", "10MB", "--concurrent", "4"];
    expect((await run(["jobs", "throttle", "repair", ...limits])).stdout).toBe(
      "repair: idle, at most 10 MB/s, 4 at once\n",
    );
    expect(fake.state.jobs.get("repair")?.throttle).toEqual({ bytes_per_second: 10_000_000, concurrent: 4 });
    const free = await run(["jobs", "throttle", "repair", "--json"]);
    expect(json(free.stdout)).toMatchObject({ name: "repair", throttle: {} });
  });

  test("that are none, or move nothing, are named in the refusal", async () => {
    const { run } = await openHome();
    const unknown = await run(["jobs", "pause", "lunch"]);
    expect(unknown).toMatchObject({ stdout: "", exitCode: 66 });
    expect(unknown.stderr).toBe('commonhold: there is no job "lunch": there are purge, repair (NOT_FOUND)\n');
    const idle = await run(["jobs", "throttle", "purge", "--concurrent", "2"]);
    expect(idle).toMatchObject({ stdout: "", exitCode: 64, stderr: expect.stringContaining("moves nothing") });
  });

  test.each([
    [["jobs"], "this call is for admin; your role is user"],
    [["jobs", "pause", "repair"], "this call is for admin; your role is user"],
    [["rebalance"], "this call is for admin and operator; your role is user"],
  ])("%o is not for everybody", async (args, says) => {
    const { run, fake } = await openHome();
    fake.state.role = "user";
    expect(await run(args)).toEqual({ stdout: "", stderr: `commonhold: ${says} (FORBIDDEN)\n`, exitCode: 77 });
  });
});

describe("rebalance", () => {
  test("says that there is nothing to move", async () => {
    const { run } = await openHome();
    const nothing = "Nothing to move: all nodes together are 25.0 % full, and none is far from that.\n";
    expect((await run(["rebalance"])).stdout).toBe(nothing);
  });

  test("shows the first moves, and which nodes they are between", async () => {
    const { run, fake } = await openHome();
    fake.state.nodes.push(fakeNode("barn"));
    const move = { chunk: CHUNKS[0], from: ATTIC, to: fakeNode("barn").id, bytes: 2_000_000 };
    const moves = [...Array.from({ length: 22 }, () => move), { ...move, to: "12D3KooWnobody" }];
    fake.state.rebalancing = { mean_fill: 0.5, moves_count: 1_500, bytes: 3_000_000_000, moves };
    const { stdout } = await run(["rebalance", "--dry-run"]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toBe("Would move 1500 copies, 3 GB: all nodes together are 50.0 % full.");
    expect(lines[1]).toBe("  3a3a3a3a3a3a…  2 MB  attic → barn");
    expect(lines.slice(21)).toEqual(["  … and 1480 more"]);
    fake.state.rebalancing = { mean_fill: 0.5, moves_count: 1, bytes: 2_000_000, moves: moves.slice(-1) };
    expect((await run(["rebalance"])).stdout).toBe(
      "Moving 1 copy, 2 MB: all nodes together are 50.0 % full.\n  3a3a3a3a3a3a…  2 MB  attic → 12D3KooWnobody\n",
    );
    expect(json((await run(["rebalance", "--dry-run", "--json"])).stdout)).toMatchObject({
      dry_run: true,
      moves_count: 1,
    });
  });
});
