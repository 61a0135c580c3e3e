import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiFixture, createApiFixture, PASSWORD } from "../http/api.fixture.ts";

let api: ApiFixture;
beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());

const REGISTER = "/api/v1/auth/register";
const LOGIN = "/api/v1/auth/login";
const REFRESH = "/api/v1/auth/refresh";
const LOGOUT = "/api/v1/auth/logout";
const ME = "/api/v1/auth/me";

describe("POST /auth/register", () => {
  it("makes an account that is signed in and has its welcome credits", async () => {
    const body = { email: " Ada.Lovelace@Example.ORG ", password: PASSWORD, name: "Ada" };
    const made = await api.call("POST", REGISTER, { body });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      user: {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        email: "ada.lovelace@example.org",
        name: "Ada",
        role: "user",
        created_at: new Date(api.clock.nowMs()).toISOString(),
      },
      access_token: expect.any(String),
      refresh_token: expect.stringMatching(/^chr_[A-Za-z0-9_-]{43}$/),
      token_type: "Bearer",
      expires_in: 900,
    });
    expect(made.headers["cache-control"]).toBe("no-store");
    const me = await api.call("GET", ME, { token: made.body.access_token });
    expect(me.body).toEqual({
      ...made.body.user,
      credits: {
        available: "10",
        reserved: "0",
        available_microcredits: "10000000",
        reserved_microcredits: "0",
      },
    });
  });

  it("reads what curl -d sends", async () => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const body = '{"email":"curl@example.org","password":"0123456789"}';
    expect((await api.call("POST", REGISTER, { body, headers })).status).toBe(201);
  });

  it("refuses a taken address in any spelling", async () => {
    const { email } = await api.newUser();
    const body = { email: email.toUpperCase(), password: PASSWORD };
    const answer = await api.call("POST", REGISTER, { body });
    expect([answer.status, answer.body.error.code]).toEqual([409, "EMAIL_TAKEN"]);
  });

  it("gives one of two that come at once", async () => {
    const body = { email: "twins@example.org", password: PASSWORD };
    const both = await Promise.all([api.call("POST", REGISTER, { body }), api.call("POST", REGISTER, { body })]);
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
  });

  it.each([
    [{ email: "no-address", password: PASSWORD }, "email"],
    [{ email: "a@b@c", password: PASSWORD }, "email"],
    [{ email: "a b@example.org", password: PASSWORD }, "email"],
    [{ email: "@example.org", password: PASSWORD }, "email"],
    [{ email: `${"x".repeat(65)}@example.org`, password: PASSWORD }, "email"],
    [{ email: 5, password: PASSWORD }, "email"],
    [{ password: PASSWORD }, "email"],
    [{ email: "short@example.org", password: "123456789" }, "password"],
    [{ email: "long@example.org", password: "ä".repeat(513) }, "password"],
    [{ email: "none@example.org" }, "password"],
    [{ email: "name@example.org", password: PASSWORD, name: "a\nb" }, "name"],
    [{ email: "name@example.org", password: PASSWORD, name: "a\ud800" }, "name"],
    [{ email: "name@example.org", password: PASSWORD, name: ["x"] }, "name"],
  ])("refuses %j", async (body, field) => {
    const answer = await api.call("POST", REGISTER, { body });
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatchObject({ code: "INVALID_REQUEST", details: { in: "body", field } });
  });
});

describe("POST /auth/login", () => {
  it("signs in, whatever the address's spelling", async () => {
    const { id, email } = await api.newUser();
    const answer = await api.call("POST", LOGIN, { body: { email: email.toUpperCase(), password: PASSWORD } });
    expect(answer.status).toBe(200);
    expect(answer.body.user.id).toBe(id);
    expect((await api.call("GET", ME, { token: answer.body.access_token })).status).toBe(200);
  });

  it("tells a wrong password from an unknown address to nobody", async () => {
    const { email } = await api.newUser();
    const wrong = await api.call("POST", LOGIN, { body: { email, password: "wrong password" } });
    const unknown = await api.call("POST", LOGIN, { body: { email: "nobody@example.org", password: PASSWORD } });
    for (const answer of [wrong, unknown]) {
      expect(answer.status).toBe(401);
      expect(answer.body.error.code).toBe("INVALID_CREDENTIALS");
      expect(answer.headers["www-authenticate"]).toMatch(/^Bearer/);
    }
    expect(wrong.body.error.message).toBe(unknown.body.error.message);
  });

  it.each([[{}], [{ email: "a@example.org" }], [{ email: "a@example.org", password: 1234567890 }], ["not json"]])(
    "refuses %j",
    async (body) => {
      const answer = await api.call("POST", LOGIN, { body });
      expect([answer.status, answer.body.error.code]).toEqual([400, "INVALID_REQUEST"]);
    },
  );

  it("never logs a password or token", async () => {
    const { email, accessToken, refreshToken } = await api.newUser();
    await api.call("POST", LOGIN, { body: `{"email":"${email}","password":"${PASSWORD}"` });
    const log = JSON.stringify(api.logLines);
    for (const secret of [PASSWORD, accessToken, refreshToken]) expect(log).not.toContain(secret);
  });
});

describe("POST /auth/refresh", () => {
  it("gives the next pair, once", async () => {
    const user = await api.newUser();
    const next = await api.call("POST", REFRESH, { body: { refresh_token: user.refreshToken } });
    expect(next.status).toBe(200);
    expect(Object.keys(next.body).sort()).toEqual(["access_token", "expires_in", "refresh_token", "token_type"]);
    expect(next.body.refresh_token).not.toBe(user.refreshToken);
    expect((await api.call("GET", ME, { token: next.body.access_token })).body.id).toBe(user.id);
  });

  it("ends the whole login when a spent token is shown again", async () => {
    const user = await api.newUser();
    const next = await api.call("POST", REFRESH, { body: { refresh_token: user.refreshToken } });
    const reused = await api.call("POST", REFRESH, { body: { refresh_token: user.refreshToken } });
    expect([reused.status, reused.body.error.code]).toEqual([401, "UNAUTHENTICATED"]);
    const afterwards = await api.call("POST", REFRESH, { body: { refresh_token: next.body.refresh_token } });
    expect(afterwards.status).toBe(401);
    const other = await api.call("POST", LOGIN, { body: { email: user.email, password: PASSWORD } });
    expect((await api.call("POST", REFRESH, { body: { refresh_token: other.body.refresh_token } })).status).toBe(200);
  });

  it("refuses unknown and expired tokens", async () => {
    const user = await api.newUser();
    const unknown = await api.call("POST", REFRESH, { body: { refresh_token: `chr_${"A".repeat(43)}` } });
    expect([unknown.status, unknown.body.error.code]).toEqual([401, "UNAUTHENTICATED"]);
    api.clock.advance(3600_000);
    const expired = await api.call("POST", REFRESH, { body: { refresh_token: user.refreshToken } });
    expect([expired.status, expired.body.error.code]).toEqual([401, "TOKEN_EXPIRED"]);
    expect((await api.call("POST", REFRESH, { body: {} })).status).toBe(400);
  });

  it("keeps no token in the clear", async () => {
    const user = await api.newUser();
    const rows = await api.metadata.read.selectFrom("refresh_tokens").selectAll().execute();
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(user.refreshToken.slice(4));
  });
});

describe("POST /auth/logout", () => {
  it("ends the login, and may be repeated", async () => {
    const user = await api.newUser();
    const body = { refresh_token: user.refreshToken };
    const first = await api.call("POST", LOGOUT, { body });
    expect([first.status, first.body]).toEqual([204, ""]);
    expect((await api.call("POST", LOGOUT, { body })).status).toBe(204);
    expect((await api.call("POST", REFRESH, { body })).status).toBe(401);
  });
});

describe("GET /auth/me", () => {
  const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

  function forge(header: object, claims: object, key: Uint8Array): string {
    const signed = `${base64url(header)}.${base64url(claims)}`;
    return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
  }

  function withOtherSignature(token: string): string {
    const [head = "", claims = "", signature = ""] = token.split(".");
    return [head, claims, (signature.startsWith("A") ? "B" : "A") + signature.slice(1)].join(".");
  }

  it("refuses every token that this coordinator did not sign for this purpose", async () => {
    const user = await api.newUser();
    const nowS = Math.floor(api.clock.nowMs() / 1000);
    const good = { sub: user.id, iss: "commonhold", aud: "commonhold-api", iat: nowS, exp: nowS + 60 };
    const header = { alg: "HS256", typ: "at+jwt" };
    expect((await api.call("GET", ME, { token: forge(header, good, api.tokenKey) })).status).toBe(200);
    const forged = [
      `${base64url({ alg: "none", typ: "at+jwt" })}.${base64url(good)}.`,
      forge(header, good, new Uint8Array(32)),
      forge({ ...header, alg: "HS512" }, good, api.tokenKey),
      forge({ ...header, typ: "JWT" }, good, api.tokenKey),
      forge(header, { ...good, aud: "another" }, api.tokenKey),
      forge(header, { ...good, iss: "another" }, api.tokenKey),
      forge(header, { ...good, sub: undefined }, api.tokenKey),
      forge(header, { ...good, exp: undefined }, api.tokenKey),
      forge(header, { ...good, sub: "0190a0b0-0000-7000-8000-000000000000" }, api.tokenKey),
      forge(header, { ...good, sub: "' OR 1=1" }, api.tokenKey),
      withOtherSignature(user.accessToken),
      user.refreshToken,
      "x",
    ];
    for (const token of forged) {
      const answer = await api.call("GET", ME, { token });
      expect([answer.status, answer.body.error.code], token).toEqual([401, "UNAUTHENTICATED"]);
    }
  });

  it.each([[{}], [{ authorization: "" }], [{ authorization: "Bearer" }], [{ authorization: "Basic YTpi" }]])(
    "asks for a token when it gets %j",
    async (headers) => {
      const answer = await api.call("GET", ME, { headers });
      expect([answer.status, answer.body.error.code]).toEqual([401, "UNAUTHENTICATED"]);
      expect(answer.headers["www-authenticate"]).toMatch(/^Bearer/);
    },
  );

  it("takes the scheme in any case", async () => {
    const { accessToken } = await api.newUser();
    expect((await api.call("GET", ME, { headers: { authorization: `bearer ${accessToken}` } })).status).toBe(200);
  });

  it("tells an expired token from a wrong one", async () => {
    const { accessToken } = await api.newUser();
    api.clock.advance(901_000);
    const answer = await api.call("GET", ME, { token: accessToken });
    expect([answer.status, answer.body.error.code]).toEqual([401, "TOKEN_EXPIRED"]);
    expect(answer.headers["www-authenticate"]).toContain("invalid_token");
  });

  it("shows a changed role at once", async () => {
    const user = await api.newUser();
    await api.metadata.apply("user.set_role", { id: user.id, role: "operator" });
    expect((await api.call("GET", ME, { token: user.accessToken })).body.role).toBe("operator");
  });
});
