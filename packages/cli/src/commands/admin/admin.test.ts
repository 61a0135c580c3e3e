import { describe, expect, test, vi } from "vitest";
import { json, openHome } from "../../testing/cli-home.ts";

// Processes start slowly on a machine that is busy.
vi.setConfig({ testTimeout: 60_000 });

describe("admin", () => {
  test("lists people, changes their roles, shuts and opens accounts", async () => {
    const { run } = await openHome();
    const table = (await run(["admin", "users"])).stdout;
    expect(table).toMatch(/^E-MAIL +NAME +ROLE +CREDITS +STORED +SINCE$/m);
    expect(table).toMatch(/^bob@example.org +bob +user +10\.5 +3 MB /m);
    expect((await run(["admin", "role", "bob@example.org", "operator"])).stdout).toBe(
      "bob@example.org is operator now\n",
    );
    expect(await run(["admin", "disable", "BOB@example.org"])).toMatchObject({ exitCode: 0 });
    expect((await run(["admin", "users", "bob"])).stdout).toMatch(/SHUT SINCE\n.*2026-01-0/);
    expect(json((await run(["admin", "enable", "bob@example.org", "--json"])).stdout)).toMatchObject({
      disabled_at: null,
      role: "operator",
    });
  });

  test("says what it cannot do", async () => {
    const { run, fake } = await openHome();
    const [unknown, part, role, last] = await Promise.all([
      run(["admin", "disable", "eve@example.org"]),
      run(["admin", "disable", "bob"]),
      run(["admin", "role", "bob@example.org", "owner"]),
      run(["admin", "disable", "ada@example.org"]),
    ]);
    expect(unknown).toMatchObject({ exitCode: 66, stderr: expect.stringContaining("eve@example.org") });
    expect(part).toMatchObject({ exitCode: 66 });
    expect(role).toMatchObject({ exitCode: 64, stderr: expect.stringContaining("user, operator, admin") });
    expect(last).toMatchObject({ exitCode: 73, stderr: expect.stringContaining("LAST_ADMIN") });
    expect(fake.state.people.every(({ disabled_at }) => disabled_at === null)).toBe(true);
    fake.state.role = "user";
    expect(await run(["admin", "users"])).toMatchObject({ exitCode: 77, stdout: "" });
  });

  test("gives credits, once under a key", async () => {
    const { run, fake } = await openHome();
    const grant = ["admin", "grant", "bob@example.org", "2.5", "--reason", "for the hall", "--key", "january"];
    expect((await run(grant)).stdout).toBe("bob@example.org was given 2.5 credits and has 10.5\n");
    expect((await run(grant)).stderr).toContain("nothing more was");
    expect([...fake.state.grants]).toEqual([["january", "2500000"]]);
    expect(await run(["admin", "grant", "bob@example.org", "2.5"])).toMatchObject({ exitCode: 64 });
    expect(await run(["admin", "grant", "bob@example.org", "-1", "--reason", "x"])).toMatchObject({ exitCode: 64 });
  });

  test("shows the log and the settings", async () => {
    const { run } = await openHome();
    const [log, settings, all] = await Promise.all([
      run(["admin", "log"]),
      run(["admin", "settings"]),
      run(["admin", "settings", "--all", "--json"]),
    ]);
    expect(log.stdout).toMatch(/ada@example\.org +node\.ban +gone +force=true$/m);
    expect(settings.stdout).toMatch(/^storage\.copies +4 +file \/srv\/data\/coordinator\.toml$/m);
    expect(settings.stdout).not.toContain("http.public_url");
    expect(json(all.stdout)).toMatchObject({ items: [{ name: "storage.copies" }, { name: "http.public_url" }] });
  });
});
