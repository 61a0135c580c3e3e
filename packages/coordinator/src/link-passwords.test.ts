import { createIdentity } from "@commonhold/p2p/identity.ts";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startTestCoordinator, type TestCoordinator } from "./coordinator.fixture.ts";
import { HEARTBEAT, registrationOf } from "./http/api.fixture.ts";

/** More than may wait for a check of their password. */
const LINKS = 70;
const account = { email: "ada@example.org", password: "correct horse battery" };

type Body = ReturnType<typeof JSON.parse>;

let coordinator: TestCoordinator;
beforeEach(async () => {
  coordinator = await startTestCoordinator();
});
afterEach(() => coordinator.end());

async function call(method: string, path: string, body?: object, token?: string): Promise<[number, Body]> {
  const answer = await fetch(coordinator.url + path, {
    method,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return [answer.status, await answer.json()];
}

async function makeNode(token: string, name: string): Promise<void> {
  const [, { join_token: joinToken }] = await call("POST", "/api/v1/nodes/join-tokens", {}, token);
  const claim = registrationOf(createIdentity(), { joinToken, name, timestampMs: Date.now() });
  const [, { api_key }] = await call("POST", "/api/v1/nodes/register", claim);
  expect((await call("POST", "/api/v1/nodes/heartbeat", HEARTBEAT, api_key))[0]).toBe(200);
}

it("people sign in while more ask for links with passwords than can be checked", async () => {
  const [, { access_token: token }] = await call("POST", "/api/v1/auth/register", account);
  await makeNode(token, "attic");
  await makeNode(token, "cellar");
  const [, file] = await call("PUT", "/api/v1/files/a", undefined, token);
  const links: string[] = [];
  for (let count = 0; count < LINKS; count++) {
    const [status, link] = await call("POST", `/api/v1/files/${file.file_id}/shares`, { password: "sesame" }, token);
    expect(status).toBe(201);
    links.push(link.token);
  }
  let isOver = false;
  const refused = Promise.withResolvers<number>();
  const asking = links.map(async (link) => {
    while (!isOver) {
      const body = { password: "sesame", disposition: "attachment" };
      const [status] = await call("POST", `/api/v1/shared/${link}/ticket`, body);
      if (status !== 200) refused.resolve(status);
    }
  });
  expect(await refused.promise).toBe(503);
  const logins = await Promise.all(Array.from({ length: 5 }, () => call("POST", "/api/v1/auth/login", account)));
  isOver = true;
  await Promise.all(asking);
  expect(logins.map(([status]) => status)).toEqual([200, 200, 200, 200, 200]);
});
