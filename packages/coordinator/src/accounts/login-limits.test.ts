import { setImmediate } from "node:timers/promises";
import { afterEach, expect, it, vi } from "vitest";
import { type ApiFixture, type ApiFixtureOptions, createApiFixture, PASSWORD } from "../http/api.fixture.ts";

let api: ApiFixture;
const start = async (options: ApiFixtureOptions) => {
  api = await createApiFixture({ engine: "memory", ...options });
};
afterEach(async () => {
  vi.useRealTimers();
  await api.close();
});

const login = (email: string, password: string) =>
  api.call("POST", "/api/v1/auth/login", { body: { email, password } });
const loginFrom = async (address: string, email: string, password: string): Promise<number> => {
  const payload = { email, password };
  const answer = await api.app.inject({ method: "POST", url: "/api/v1/auth/login", payload, remoteAddress: address });
  return answer.statusCode;
};

it("failed logins of one account are limited, of others not, and right ones cost nothing", async () => {
  await start({ failedLoginsPerAccountMax: 2 });
  const user = await api.newUser();
  const other = await api.newUser();
  for (let i = 0; i < 4; i++) expect((await login(user.email, PASSWORD)).status).toBe(200);
  expect((await login(user.email, "wrong password")).status).toBe(401);
  expect((await login(user.email.toUpperCase(), "wrong password")).status).toBe(401);
  const refused = await login(user.email, PASSWORD);
  expect([refused.status, refused.body.error.code]).toEqual([429, "TOO_MANY_REQUESTS"]);
  const retryAfterS = Number(refused.headers["retry-after"]);
  expect(retryAfterS).toBeGreaterThanOrEqual(1);
  expect(retryAfterS).toBeLessThanOrEqual(60);
  expect((await login(other.email, PASSWORD)).status).toBe(200);
});

it("an account is limited from all addresses together too", async () => {
  await start({ failedLoginsPerAccountMax: 1 });
  const { email } = await api.newUser();
  for (let i = 1; i <= 10; i++) expect(await loginFrom(`192.0.2.${i}`, email, "wrong password")).toBe(401);
  expect(await loginFrom("192.0.2.99", email, "wrong password")).toBe(429);
});

it("guesses that are made at once count like guesses in turn", async () => {
  await start({ failedLoginsPerAccountMax: 3 });
  const { email } = await api.newUser();
  let checked = 0;
  // Slow enough for all of them to be there before the first is known to be wrong.
  const verify = async (): Promise<boolean> => {
    checked += 1;
    for (let turn = 0; turn < 50; turn++) await setImmediate();
    return false;
  };
  Object.assign(api.hasher, { verify });
  const guesses = Array.from({ length: 30 }, () => loginFrom("192.0.2.1", email, "wrong password"));
  expect((await Promise.all(guesses)).filter((status) => status === 401)).toHaveLength(3);
  expect(checked).toBe(3);
});

it("right logins at once are all let in", async () => {
  await start({ failedLoginsPerAccountMax: 1 });
  const { email } = await api.newUser();
  const logins = Array.from({ length: 30 }, () => loginFrom("192.0.2.1", email, PASSWORD));
  expect(new Set(await Promise.all(logins))).toEqual(new Set([200]));
});

it("the addresses of one IPv6 network count as one", async () => {
  await start({ failedLoginsPerAccountMax: 1 });
  const { email } = await api.newUser();
  expect(await loginFrom("2001:db8:1:2::1", email, "wrong password")).toBe(401);
  expect(await loginFrom("2001:db8:1:2:ffff::2", email, "wrong password")).toBe(429);
  expect(await loginFrom("2001:db8:1:3::1", email, "wrong password")).toBe(401);
});

it("strangers cannot keep an owner out: not where he signed in before, nor elsewhere for longer than a while", async () => {
  await start({ failedLoginsPerAccountMax: 1 });
  const { email } = await api.newUser();
  expect(await loginFrom("198.51.100.7", email, PASSWORD)).toBe(200);
  for (let i = 1; i <= 11; i++) await loginFrom(`192.0.2.${i}`, email, "wrong password");
  expect(await loginFrom("198.51.100.8", email, PASSWORD)).toBe(429);
  expect(await loginFrom("198.51.100.7", email, PASSWORD)).toBe(200);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_001 });
  expect(await loginFrom("198.51.100.8", email, PASSWORD)).toBe(200);
});

it("attempts that are refused do not prolong the wait", async () => {
  await start({ failedLoginsPerAccountMax: 1 });
  const { email } = await api.newUser();
  expect(await loginFrom("192.0.2.1", email, "wrong password")).toBe(401);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 59_000 });
  expect(await loginFrom("192.0.2.1", email, PASSWORD)).toBe(429);
  vi.setSystemTime(Date.now() + 1_001);
  expect(await loginFrom("192.0.2.1", email, PASSWORD)).toBe(200);
});

it("logins from one address are limited, whatever the account", async () => {
  await start({ loginsPerAddressPerMinuteMax: 2 });
  expect((await login("a@example.org", PASSWORD)).status).toBe(401);
  expect((await login("b@example.org", PASSWORD)).status).toBe(401);
  const refused = await login("c@example.org", PASSWORD);
  expect([refused.status, refused.body.error.code]).toEqual([429, "TOO_MANY_REQUESTS"]);
});

it("X-Forwarded-For makes no new address where no proxy is trusted", async () => {
  await start({ loginsPerAddressPerMinuteMax: 1 });
  const from = (address: string) =>
    api.call("POST", "/api/v1/auth/login", {
      body: { email: "a@example.org", password: PASSWORD },
      headers: { "x-forwarded-for": address },
    });
  expect((await from("192.0.2.1")).status).toBe(401);
  expect((await from("192.0.2.2")).status).toBe(429);
});

it("registrations from one address are limited", async () => {
  await start({ registrationsPerAddressPerMinuteMax: 1 });
  await api.newUser();
  const body = { email: "second@example.org", password: PASSWORD };
  const refused = await api.call("POST", "/api/v1/auth/register", { body });
  expect([refused.status, refused.body.error.code]).toEqual([429, "TOO_MANY_REQUESTS"]);
});
