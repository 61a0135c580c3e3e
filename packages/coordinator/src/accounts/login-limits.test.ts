import { afterEach, expect, it } from "vitest";
import { type ApiFixture, type ApiFixtureOptions, createApiFixture, PASSWORD } from "../http/api.fixture.ts";

let api: ApiFixture;
const start = async (options: ApiFixtureOptions) => {
  api = await createApiFixture({ engine: "memory", ...options });
};
afterEach(() => api.close());

const login = (email: string, password: string) =>
  api.call("POST", "/api/v1/auth/login", { body: { email, password } });

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
  const body = { email, password: "wrong password" };
  const loginFrom = (address: string) =>
    api.app.inject({ method: "POST", url: "/api/v1/auth/login", payload: body, remoteAddress: address });
  for (let i = 1; i <= 10; i++) expect((await loginFrom(`192.0.2.${i}`)).statusCode).toBe(401);
  expect((await loginFrom("192.0.2.99")).statusCode).toBe(429);
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
