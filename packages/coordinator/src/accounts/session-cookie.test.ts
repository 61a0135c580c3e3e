import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Answer } from "../http/api-caller.fixture.ts";
import { type ApiFixture, createApiFixture, PASSWORD } from "../http/api.fixture.ts";

let api: ApiFixture;
beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());

const PAGE = { host: "x:8080", origin: "http://x:8080", "sec-fetch-site": "same-origin" };
const BY_COOKIE = { ...PAGE, "x-commonhold-session": "cookie" };
const NAME = "commonhold_session_8080";

function cookieOf({ headers }: Answer): { readonly text: string; readonly token: string } {
  const text = String(headers["set-cookie"]);
  return { text, token: /=([^;]*)/.exec(text)?.[1] ?? "" };
}

async function signedIn(): Promise<{ readonly email: string; readonly token: string; readonly access: string }> {
  const { email } = await api.newUser();
  const answer = await api.call("POST", "/api/v1/auth/login", {
    body: { email, password: PASSWORD },
    headers: BY_COOKIE,
  });
  return { email, token: cookieOf(answer).token, access: answer.body.access_token };
}

const withCookie = (token: string) => ({ ...BY_COOKIE, cookie: `other=1; ${NAME}=${token}` });
const refresh = (token: string, headers: Record<string, string> = withCookie(token)) =>
  api.call("POST", "/api/v1/auth/refresh", { body: {}, headers });

describe("a session by cookie", () => {
  it("gives the refresh token to the browser alone", async () => {
    const body = { email: "cookie@example.org", password: PASSWORD };
    const made = await api.call("POST", "/api/v1/auth/register", { body, headers: BY_COOKIE });
    expect(made.status).toBe(201);
    expect(made.body).not.toHaveProperty("refresh_token");
    expect(cookieOf(made).text).toMatch(
      /^commonhold_session_8080=chr_[\w-]{43}; Path=\/api\/v1\/auth; Max-Age=3600; HttpOnly; SameSite=Strict$/,
    );
  });

  it("is for TLS alone where the page came by it", async () => {
    const { email } = await api.newUser();
    const headers = { ...BY_COOKIE, origin: "https://x:8080" };
    const answer = await api.call("POST", "/api/v1/auth/login", { body: { email, password: PASSWORD }, headers });
    expect(cookieOf(answer).text).toMatch(/; HttpOnly; SameSite=Strict; Secure$/);
  });

  it("is renewed and ended by the cookie", async () => {
    const { token } = await signedIn();
    const next = await refresh(token);
    expect(next.status).toBe(200);
    expect(next.body).not.toHaveProperty("refresh_token");
    const successor = cookieOf(next).token;
    expect(successor).not.toBe(token);
    const out = await api.call("POST", "/api/v1/auth/logout", { body: {}, headers: withCookie(successor) });
    expect([out.status, cookieOf(out).token]).toEqual([204, ""]);
    expect((await refresh(successor)).body.error.code).toBe("UNAUTHENTICATED");
  });

  it("survives two tabs that show the same token, and not one that shows it later", async () => {
    const { token } = await signedIn();
    const [one, two] = [await refresh(token), await refresh(token)];
    expect([one.status, two.status]).toEqual([200, 200]);
    for (const answer of [one, two]) expect((await refresh(cookieOf(answer).token)).status).toBe(200);
    api.clock.advance(31_000);
    expect((await refresh(token)).body.error.code).toBe("UNAUTHENTICATED");
    expect((await refresh(cookieOf(two).token)).status, "its login ended").toBe(401);
  });

  it("survives no more than eight: further ones are told to wait, and the login goes on", async () => {
    const { token } = await signedIn();
    api.clock.advance(30_000);
    const answers: Answer[] = [];
    for (let tab = 0; tab < 9; tab++) answers.push(await refresh(token));
    const last = answers.pop()!;
    expect(answers.map((answer) => answer.status)).toEqual(Array(8).fill(200));
    expect([last.status, last.body.error.code]).toEqual([429, "TOO_MANY_REQUESTS"]);
    expect(Number(last.headers["retry-after"])).toBeGreaterThan(0);
    for (const answer of answers) expect((await refresh(cookieOf(answer).token)).status).toBe(200);
  });

  it("gives no grace to a token in a body", async () => {
    const { refreshToken } = await api.newUser();
    const call = () => api.call("POST", "/api/v1/auth/refresh", { body: { refresh_token: refreshToken } });
    expect([(await call()).status, (await call()).status]).toEqual([200, 401]);
  });

  it.each([
    ["another origin", { origin: "http://evil.example", "sec-fetch-site": "cross-site" }],
    ["the same name at another port", { origin: "http://x:9090", "sec-fetch-site": "same-site" }],
    ["a browser that hides the origin", { origin: "null" }],
    ["what the browser says is cross-site", { origin: "http://x:8080", "sec-fetch-site": "cross-site" }],
    ["another origin of an older browser", { origin: "http://x:9090" }],
    ["nobody that says where from", {}],
  ])("is refused to %s", async (_, from: Record<string, string>) => {
    const { token } = await signedIn();
    const headers = { host: "x:8080", ...from, "x-commonhold-session": "cookie", cookie: `${NAME}=${token}` };
    for (const path of ["refresh", "logout"]) {
      const answer = await api.call("POST", `/api/v1/auth/${path}`, { body: {}, headers });
      expect([answer.status, answer.body.error.code]).toEqual([403, "FORBIDDEN"]);
    }
    expect((await refresh(token)).status, "it was not spent").toBe(200);
  });

  it("is none without the header: the cookie alone does nothing", async () => {
    const { token } = await signedIn();
    const answer = await refresh(token, { ...PAGE, cookie: `${NAME}=${token}` });
    expect([answer.status, answer.body.error.details.field]).toEqual([400, "refresh_token"]);
  });
});

describe("sessions", () => {
  it("are listed, ended one by one, and all together", async () => {
    const { email, token, access } = await signedIn();
    const second = await api.call("POST", "/api/v1/auth/login", { body: { email, password: PASSWORD } });
    const list = async () =>
      (await api.call("GET", "/api/v1/auth/sessions", { token: access, headers: withCookie(token) })).body.items;
    const items = await list();
    // newUser() itself signed in once too.
    expect(items.map((item: { is_current: boolean }) => item.is_current).sort()).toEqual([false, false, true]);
    const other = items.find((item: { is_current: boolean }) => !item.is_current);
    const end = (id: string, by = access) => api.call("DELETE", `/api/v1/auth/sessions/${id}`, { token: by });
    expect((await end(other.id)).status).toBe(204);
    expect((await end(other.id)).body.error.code).toBe("NOT_FOUND");
    expect(await list()).toHaveLength(2);
    const stranger = await api.newUser();
    expect((await end(items[0].id, stranger.accessToken)).status, "another's").toBe(404);

    const all = await api.call("POST", "/api/v1/auth/logout-everywhere", { token: access, body: {} });
    expect(all.body).toEqual({ ended: 2 });
    expect(await list()).toEqual([]);
    expect((await refresh(token)).status).toBe(401);
    const bodies = [second.body.refresh_token];
    for (const refresh_token of bodies) {
      expect((await api.call("POST", "/api/v1/auth/refresh", { body: { refresh_token } })).status).toBe(401);
    }
  });
});
