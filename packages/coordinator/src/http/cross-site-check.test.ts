import { afterAll, beforeAll, expect, it } from "vitest";
import { createHttpFixture, type HttpFixture } from "./http.fixture.ts";
import { registerJsonRoutes } from "./route-scopes.ts";

let fixture: HttpFixture;
let calls = 0;
beforeAll(async () => {
  fixture = await createHttpFixture();
  registerJsonRoutes(fixture.app, (routes) => {
    routes.route({ method: ["GET", "POST"], url: "/thing", handler: async () => ({ calls: ++calls }) });
  });
});
afterAll(() => fixture.app.close());

const statusOf = async (method: "GET" | "POST", site?: string, mode?: string): Promise<number> => {
  const headers = { ...(site && { "sec-fetch-site": site }), ...(mode && { "sec-fetch-mode": mode }) };
  return (await fixture.app.inject({ method, url: "/thing", headers })).statusCode;
};

it.each([
  ["POST", "cross-site", "no-cors"],
  ["POST", "cross-site", "cors"],
  ["POST", "same-site", "no-cors"],
  ["POST", "cross-site", "navigate"],
  ["GET", "cross-site", "no-cors"],
  ["GET", "cross-site", undefined],
] as const)("pages elsewhere may not call: %s %s %s", async (method, site, mode) => {
  const before = calls;
  expect([await statusOf(method, site, mode), calls]).toEqual([403, before]);
});

it.each([
  ["POST", "same-origin", "cors"],
  ["POST", "none", "navigate"],
  ["POST", undefined, "cors"],
  ["GET", "cross-site", "navigate"],
] as const)("own pages, programs and links may: %s %s %s", async (method, site, mode) => {
  expect(await statusOf(method, site, mode)).toBe(200);
});
