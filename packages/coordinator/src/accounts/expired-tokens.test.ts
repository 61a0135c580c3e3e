import { afterAll, beforeAll, expect, it } from "vitest";
import { type ApiFixture, createApiFixture } from "../http/api.fixture.ts";
import { purgeExpiredTokens } from "./expired-tokens.ts";

let api: ApiFixture;
beforeAll(async () => {
  api = await createApiFixture({ engine: "memory" });
});
afterAll(() => api.close());

it("tokens go when their time is over, and no others", async () => {
  const early = await api.newUser();
  await api.call("POST", "/api/v1/nodes/join-tokens", { token: early.accessToken, body: { expires_in_s: 60 } });
  api.clock.advance(1_800_000);
  const late = await api.newUser();
  api.clock.advance(1_800_000);
  await purgeExpiredTokens(api, AbortSignal.timeout(10_000));
  const refresh = (token: string) => api.call("POST", "/api/v1/auth/refresh", { body: { refresh_token: token } });
  expect((await refresh(early.refreshToken)).body.error.code).toBe("UNAUTHENTICATED");
  expect((await refresh(late.refreshToken)).status).toBe(200);
  expect(await api.metadata.read.selectFrom("join_tokens").selectAll().execute()).toEqual([]);
});
