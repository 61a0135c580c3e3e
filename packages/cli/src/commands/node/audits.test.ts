import { FAKE_AUDITS } from "@commonhold/client/testing/fake-audits.ts";
import { describe, expect, test, vi } from "vitest";
import { outcomeOf } from "./audits.ts";
import { json, openHome } from "../../testing/cli-home.ts";

// Processes start slowly on a machine that is busy.
vi.setConfig({ testTimeout: 60_000 });

test("the list of nodes says how each stands", async () => {
  const { run } = await openHome();
  expect((await run(["nodes"])).stdout).toMatch(/^NAME +STATUS +STANDING .*\nattic +active +vetting /);
});

test("the list of nodes says how long ago one was heard that should have been heard since", async () => {
  const { run, fake } = await openHome();
  const [node] = fake.state.nodes;
  const heard = new Date(Date.now() - 29.7 * 86_400_000).toISOString();
  fake.state.nodes.push({ ...node!, name: "cellar", status: "suspect", last_heartbeat_at: heard });
  const { stdout } = await run(["nodes"]);
  expect(stdout).toMatch(/^cellar +suspect .* \d{4}-\d\d-\d\d \d\d:\d\d, 30 d ago/m);
  expect(stdout).toMatch(/^attic +active .* \d\d:\d\d(?!, )/m);
});

describe("node audits", () => {
  test("shows how a node stands, its last audits and why one failed", async () => {
    const { run } = await openHome();
    const { stdout, stderr, exitCode } = await run(["node", "audits", "attic", "--limit", "1"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^Node +attic: vetting, it passed 3 of the 100 audits/m);
    expect(stdout).toMatch(
      /^Scores +99\.91 % honest, 100 % without error, 100 % online on days that are over: reliability 0\.5, half of/m,
    );
    expect(stdout).toMatch(/^Last 30 days +3 passed, 1 wrong; 75 % passed, 38 ms on average$/m);
    expect(stdout).toMatch(/1 passed, 1 wrong +38 ms +lowers the audit score +what came is not of this chunk \[7f7f/);
    expect(stderr).toContain("There are more");
  });

  test("lists those that failed only, and gives all of it to programs", async () => {
    const { run } = await openHome();
    const { stdout } = await run(["node", "audits", "attic", "--failed", "--json"]);
    expect(json(stdout)).toMatchObject({
      name: "attic",
      summary: { reputation: { standing: "vetting" } },
      items: [{ counted_as: "dishonest" }],
      next_cursor: null,
    });
  });

  test("says how often a question was asked", async () => {
    const [audit] = FAKE_AUDITS;
    const texts = [1, 2, 3, 4].map((attempt) => outcomeOf({ ...audit!, outcomes: { silent: 2 }, attempt }));
    expect(texts).toEqual([
      "silent",
      "silent (asked for the second time)",
      "silent (asked for the third time)",
      "silent (asked for the fourth time)",
    ]);
  });

  test("of a node that there is not is refused", async () => {
    const { run } = await openHome();
    expect(await run(["node", "audits", "nobody"])).toMatchObject({ exitCode: 66 });
  });
});
