import { beforeEach, describe, expect, it } from "vitest";
import { applierTo } from "../catalog/catalog.fixture.ts";
import { openMemoryDatabase } from "../sqlite/memory-database.fixture.ts";
import type { ActionNote } from "./admin-actions.ts";
import { hashOf, userPayload } from "./payloads.fixture.ts";

let database: Awaited<ReturnType<typeof openMemoryDatabase>>;
let apply: ReturnType<typeof applierTo>;
beforeEach(async () => {
  database = await openMemoryDatabase();
  apply = applierTo(database);
  await apply("user.create", userPayload("root", { role: "admin" }));
  await apply("user.create", userPayload("ada"));
});

const noteOf = (action: string): ActionNote => ({
  actor_kind: "user",
  actor_id: "root",
  action,
  details: {},
  at_ms: 7_000,
});
const rowOf = (id: string) =>
  database.selectFrom("users").select(["role", "disabled_at_ms"]).where("id", "=", id).executeTakeFirst();
const actions = () => database.selectFrom("admin_actions").selectAll().execute();
const issue = (seed: number, userId = "ada") =>
  apply("refresh_token.issue", {
    token_hash: hashOf(seed),
    user_id: userId,
    family_id: `family-${seed}`,
    issued_at_ms: 1,
    expires_at_ms: 1e12,
  });

describe("a role", () => {
  it("is set, and who did it is written down with it", async () => {
    const note = noteOf("user.role");
    expect(await apply("user.set_role", { id: "ada", role: "operator", note })).toEqual({ changed: true });
    expect(await rowOf("ada")).toMatchObject({ role: "operator" });
    expect(await actions()).toEqual([
      {
        id: 1,
        at_ms: 7_000,
        actor_kind: "user",
        actor_id: "root",
        action: "user.role",
        subject_kind: "user",
        subject_id: "ada",
        details: '{"from":"user","to":"operator"}',
      },
    ]);
  });

  it("that the user has already is no action", async () => {
    expect(await apply("user.set_role", { id: "ada", role: "user", note: noteOf("user.role") })).toEqual({
      changed: false,
    });
    expect(await actions()).toEqual([]);
  });

  it("is set for users alone that exist", async () => {
    await expect(apply("user.set_role", { id: "bea", role: "admin" })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("the last admin", () => {
  const demote = (id: string) => apply("user.set_role", { id, role: "user", note: noteOf("user.role") });
  const shut = (id: string) =>
    apply("user.set_disabled", { id, disabled: true, now_ms: 5, note: noteOf("user.disable") });

  it.each([
    ["keeps the role", demote],
    ["is not shut out", shut],
  ])("%s", async (_, act) => {
    await expect(act("root")).rejects.toMatchObject({ code: "LAST_ADMIN" });
    expect(await rowOf("root")).toEqual({ role: "admin", disabled_at_ms: null });
    expect(await actions()).toEqual([]);
  });

  it("is whoever is not shut out", async () => {
    await apply("user.set_role", { id: "ada", role: "admin" });
    await shut("ada");
    await expect(demote("root")).rejects.toMatchObject({ code: "LAST_ADMIN" });
    await demote("ada");
    await apply("user.create", userPayload("bea", { role: "admin" }));
    await demote("root");
    expect(await rowOf("root")).toMatchObject({ role: "user" });
  });
});

describe("an account that is shut", () => {
  it("loses every login, gets no other, and has both again when it is opened", async () => {
    await issue(1);
    await issue(2);
    await issue(3, "root");
    const note = noteOf("user.disable");
    expect(await apply("user.set_disabled", { id: "ada", disabled: true, now_ms: 5, note })).toEqual({ changed: true });
    expect(await rowOf("ada")).toEqual({ role: "user", disabled_at_ms: 5 });
    const tokens = () => database.selectFrom("refresh_tokens").select("user_id").execute();
    expect(await tokens()).toEqual([{ user_id: "root" }]);
    await expect(issue(4)).rejects.toMatchObject({ code: "ACCOUNT_DISABLED" });
    const again = { id: "ada", disabled: true, now_ms: 6, note };
    expect(await apply("user.set_disabled", again)).toEqual({ changed: false });
    expect(await rowOf("ada")).toMatchObject({ disabled_at_ms: 5 });
    await apply("user.set_disabled", { id: "ada", disabled: false, now_ms: 9, note: noteOf("user.enable") });
    await issue(5);
    expect(await rowOf("ada")).toEqual({ role: "user", disabled_at_ms: null });
    expect((await actions()).map(({ action }) => action)).toEqual(["user.disable", "user.enable"]);
  });

  it("is one that exists", async () => {
    const none = apply("user.set_disabled", { id: "bea", disabled: true, now_ms: 5 });
    await expect(none).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});
