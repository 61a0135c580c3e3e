import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ApiFixture, createApiFixture, PASSWORD, type TestUser } from "../http/api.fixture.ts";

let api: ApiFixture;
let admin: TestUser;
let ada: TestUser;
beforeEach(async () => {
  api = await createApiFixture({ engine: "memory" });
  admin = await api.newUser("admin");
  ada = await api.newUser();
});
afterEach(() => api.close());

const get = (url: string, token = admin.accessToken) => api.call("GET", url, { token });
const patch = (id: string, body: unknown, token = admin.accessToken) =>
  api.call("PATCH", `/api/v1/admin/users/${id}`, { token, body });
const grant = (id: string, body: unknown, headers: Record<string, string> = {}) =>
  api.call("POST", `/api/v1/admin/users/${id}/credits`, { token: admin.accessToken, body, headers });
const actions = async () => (await get("/api/v1/admin/actions")).body.items;
const login = () => api.call("POST", "/api/v1/auth/login", { body: { email: ada.email, password: PASSWORD } });

describe("who is not an admin", () => {
  it.each([
    ["GET", "/api/v1/admin/users"],
    ["GET", "/api/v1/admin/actions"],
    ["GET", "/api/v1/admin/settings"],
    ["PATCH", "/api/v1/admin/users/ID"],
    ["POST", "/api/v1/admin/users/ID/credits"],
  ])("gets nothing of %s %s", async (method, url) => {
    const address = url.replace("ID", ada.id);
    const operator = await api.newUser("operator");
    for (const { accessToken: token } of [ada, operator]) {
      const answer = await api.call(method, address, { token, body: method === "GET" ? undefined : { role: "admin" } });
      expect(answer).toMatchObject({ status: 403, body: { error: { code: "FORBIDDEN" } } });
    }
    expect((await api.call(method, address, {})).status).toBe(401);
    expect(await actions()).toEqual([]);
  });
});

describe("people", () => {
  it("are listed by e-mail address, page by page, with what they hold", async () => {
    const page = await get("/api/v1/admin/users?limit=1");
    expect(page.body).toEqual({
      items: [
        {
          id: admin.id,
          email: "user1@example.org",
          name: "user1",
          role: "admin",
          created_at: expect.any(String),
          disabled_at: null,
          credits: expect.objectContaining({ available: "10", available_microcredits: "10000000" }),
          stored_files: 0,
          stored_bytes: 0,
        },
      ],
      next_cursor: expect.any(String),
    });
    const next = await get(`/api/v1/admin/users?limit=1&cursor=${page.body.next_cursor}`);
    expect(next.body).toMatchObject({ items: [{ id: ada.id }], next_cursor: null });
  });

  it("are found by how their address begins, by id and by role", async () => {
    await api.newUser("operator");
    const emails = async (query: string) =>
      (await get(`/api/v1/admin/users?${query}`)).body.items.map(({ email }: { email: string }) => email);
    expect(await emails("q=USER2")).toEqual(["user2@example.org"]);
    expect(await emails("q=user")).toHaveLength(3);
    expect(await emails("q=ser2")).toEqual([]);
    expect(await emails(`q=${ada.id}`)).toEqual([ada.email]);
    expect(await emails("role=operator")).toEqual(["user3@example.org"]);
    expect(await emails("role=operator&q=user1")).toEqual([]);
  });

  it.each(["limit=0", "limit=201", "role=owner", "q=", "cursor=x"])("are not listed by %s", async (query) => {
    expect((await get(`/api/v1/admin/users?${query}`)).status).toBe(400);
  });
});

describe("a person's rights", () => {
  it("change at once, and who changed them is told", async () => {
    const answer = await patch(ada.id, { role: "operator" });
    expect(answer).toMatchObject({ status: 200, body: { id: ada.id, role: "operator", disabled_at: null } });
    expect(await actions()).toEqual([
      {
        id: expect.any(Number),
        at: new Date(api.clock.nowMs()).toISOString(),
        actor: { kind: "user", id: admin.id, name: admin.email },
        action: "user.role",
        subject: { kind: "user", id: ada.id, name: ada.email },
        details: { from: "user", to: "operator" },
      },
    ]);
  });

  it("end with the account: calls, renewals and logins are refused, until it is opened", async () => {
    const shut = await patch(ada.id, { disabled: true });
    expect(shut.body.disabled_at).toBe(new Date(api.clock.nowMs()).toISOString());
    const refused = { status: 403, body: { error: { code: "ACCOUNT_DISABLED" } } };
    expect(await get("/api/v1/auth/me", ada.accessToken)).toMatchObject(refused);
    expect(await login()).toMatchObject(refused);
    const refresh = await api.call("POST", "/api/v1/auth/refresh", { body: { refresh_token: ada.refreshToken } });
    expect(refresh.status).toBe(401);
    const wrong = { email: ada.email, password: "a wrong password" };
    const guess = await api.call("POST", "/api/v1/auth/login", { body: wrong });
    expect(guess.body.error.code, "who does not know the password hears nothing of it").toBe("INVALID_CREDENTIALS");
    await patch(ada.id, { disabled: false });
    expect((await login()).status).toBe(200);
    expect((await actions()).map(({ action }: { action: string }) => action)).toEqual(["user.enable", "user.disable"]);
  });

  it("are never taken from the last admin", async () => {
    for (const body of [{ role: "user" }, { disabled: true }, { role: "user", disabled: true }]) {
      expect(await patch(admin.id, body)).toMatchObject({ status: 409, body: { error: { code: "LAST_ADMIN" } } });
    }
    await patch(ada.id, { role: "admin" });
    expect((await patch(admin.id, { role: "user" })).status).toBe(200);
    expect((await get("/api/v1/admin/users")).status).toBe(403);
  });

  it.each([{}, { role: "owner" }, { disabled: "yes" }, { role: "user", email: "x@y.z" }])(
    "are not changed by %j",
    async (body) => {
      expect(await patch(ada.id, body)).toMatchObject({ status: 400, body: { error: { code: "INVALID_REQUEST" } } });
    },
  );

  it("are those of somebody", async () => {
    const nobody = "00000000-0000-7000-8000-000000000000";
    expect(await patch(nobody, { role: "user" })).toMatchObject({
      status: 404,
      body: { error: { code: "NOT_FOUND" } },
    });
    expect((await patch("nobody", { role: "user" })).status).toBe(400);
  });
});

describe("credits that are given", () => {
  const gift = { amount_microcredits: "2500000", reason: "for the hall's disks" };

  it("are in the account, in its history and in the log", async () => {
    const answer = await grant(ada.id, gift);
    expect(answer).toMatchObject({
      status: 201,
      body: { amount: "2.5", amount_microcredits: "2500000", repeated: false, balance: { available: "12.5" } },
    });
    const history = await get("/api/v1/credits/history", ada.accessToken);
    expect(history.body.items[0]).toMatchObject({ kind: "grant", description: gift.reason, amount: "2.5" });
    expect((await actions())[0]).toMatchObject({
      actor: { id: admin.id },
      action: "credits.grant",
      subject: { id: ada.id },
      details: { amount_microcredits: "2500000", reason: gift.reason },
    });
  });

  it("are given once under one key, and never another amount under it", async () => {
    const key = { "idempotency-key": "january" };
    await grant(ada.id, gift, key);
    const again = await grant(ada.id, gift, key);
    expect(again.body).toMatchObject({ repeated: true, balance: { available: "12.5" } });
    expect((await grant(ada.id, { ...gift, amount_microcredits: "1" }, key)).status).toBe(400);
    expect((await grant(ada.id, gift)).body).toMatchObject({ repeated: false, balance: { available: "15" } });
    expect(await actions()).toHaveLength(2);
  });

  it.each([
    { ...gift, amount_microcredits: "0" },
    { ...gift, amount_microcredits: "-5" },
    { ...gift, amount_microcredits: 5 },
    { ...gift, amount_microcredits: "1".repeat(19) },
    { ...gift, reason: "" },
    { amount_microcredits: "5" },
  ])("are not given by %j", async (body) => {
    expect((await grant(ada.id, body)).status).toBe(400);
  });
});

describe("the log", () => {
  it("has what was done to nodes, and by whom, page by page", async () => {
    const node = await api.newNode(ada, "attic");
    const [token, address] = [admin.accessToken, `/api/v1/nodes/${node.id}`];
    await api.call("POST", `${address}/ban`, { token });
    await api.call("DELETE", `${address}/ban`, { token });
    await api.call("DELETE", `${address}?force=true`, { token: ada.accessToken });
    const subject = { kind: "node", id: node.id, name: "attic" };
    expect(await actions()).toMatchObject([
      { action: "node.remove", actor: { id: ada.id }, subject, details: { force: true } },
      { action: "node.unban", actor: { id: admin.id }, subject },
      { action: "node.ban", actor: { id: admin.id }, subject },
    ]);
    const page = await get("/api/v1/admin/actions?limit=2");
    expect(page.body.items).toHaveLength(2);
    const rest = await get(`/api/v1/admin/actions?limit=2&cursor=${page.body.next_cursor}`);
    expect(rest.body).toMatchObject({ items: [{ action: "node.ban" }], next_cursor: null });
    expect((await get("/api/v1/admin/actions?cursor=x")).status).toBe(400);
  });

  it("says nothing where nothing was done", async () => {
    const none = `/api/v1/nodes/${api.folder.replaceAll("/", "")}/ban`;
    expect((await api.call("POST", none, { token: admin.accessToken })).status).toBe(404);
    expect(await actions()).toEqual([]);
  });
});

describe("the settings", () => {
  it("are all told, with where each comes from", async () => {
    const { body } = await get("/api/v1/admin/settings");
    const settings = new Map<string, object>(body.items.map((item: { name: string }) => [item.name, item]));
    expect(settings.get("storage.copies")).toMatchObject({ value: 3, source: "default", where: null });
    expect(settings.get("http.public_url")).toMatchObject({ value: null, source: "default" });
    expect(settings.get("accounts.admin_log_days")).toMatchObject({ value: 365, description: expect.any(String) });
  });

  it("hold no secret: those stand in files of their own", async () => {
    const { body } = await get("/api/v1/admin/settings");
    const names: readonly string[] = body.items.map((item: { name: string }) => item.name);
    expect(names.filter((name) => /secret|password$|(^|[._])key/.test(name) && !name.endsWith("_file"))).toEqual([]);
  });
});
