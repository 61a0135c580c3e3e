import { describe, expect, test, vi } from "vitest";
import { json, openHome } from "../../testing/cli-home.ts";

// Processes start slowly on a machine that is busy.
vi.setConfig({ testTimeout: 60_000 });

describe("node audits", () => {
  test("shows how a node stands, its last audits and why one failed", async () => {
    const { run } = await openHome();
    const { stdout, stderr, exitCode } = await run(["node", "audits", "attic", "--limit", "1"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^Node +attic: vetting, it passed 3 of the 100 audits/m);
    expect(stdout).toMatch(/^Scores +99\.91 % honest, 100 % without error, 100 % online: reliability 0\.5$/m);
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

  test("of a node that there is not is refused", async () => {
    const { run } = await openHome();
    expect(await run(["node", "audits", "nobody"])).toMatchObject({ exitCode: 66 });
  });
});
