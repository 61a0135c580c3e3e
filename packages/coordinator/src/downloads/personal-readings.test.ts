import { randomBytes } from "node:crypto";
import type { UserId } from "@commonhold/core/ids.ts";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openWholeApi, type WholeApi } from "../http/whole-api.fixture.ts";

const bytes = new Uint8Array(randomBytes(300_000));

let api: WholeApi;
beforeEach(async () => {
  api = await openWholeApi();
});
afterEach(() => api.close());

interface Owner {
  readonly id: string;
  readonly accessToken: string;
}

async function store({ accessToken: token }: Owner): Promise<string> {
  const answer = await api.call("PUT", "/api/v1/files/a", { token, body: bytes });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body.file_id;
}

/** Where the owner's file is read, and whose memory that takes. */
const ways = {
  "an own file": async ({ accessToken: token }: Owner, id: string) => {
    const made = await api.call("POST", "/api/v1/archives", { token, body: { file_ids: [id] } });
    return [`/api/v1/files/${id}/download`, made.body.url as string];
  },
  "a link": async ({ accessToken: token }: Owner, id: string) => {
    const { body } = await api.call("POST", `/api/v1/files/${id}/shares`, { token, body: {} });
    const ticket = { token: "", body: { disposition: "attachment" } };
    return [(await api.call("POST", `/api/v1/shared/${body.token}/ticket`, ticket)).body.url as string];
  },
};

it.each([
  ["an own file", "readings"],
  ["a link", "linkReadings"],
] as const)("who reads %s slowly keeps nobody else waiting", async (way, kind) => {
  const other = await api.path.api.newUser();
  const [mine, theirs] = [await store(api.user), await store(other)];
  const memory = api.path.transfers[kind].of(api.user.id as UserId);
  const taken: (() => void)[] = [];
  for (let part = memory.tryAcquire(300_000); part !== undefined; part = memory.tryAcquire(300_000)) taken.push(part);
  for (const url of await ways[way](other, theirs)) {
    const answer = await api.fetch("GET", url, { token: other.accessToken });
    expect((await answer.arrayBuffer()).byteLength, url).toBeGreaterThanOrEqual(bytes.length);
  }
  const [url = ""] = await ways[way](api.user, mine);
  let isRead = false;
  const waiting = api.fetch("GET", url).then(async (answer) => {
    isRead = true;
    return Buffer.from(await answer.arrayBuffer()).equals(bytes);
  });
  await api.call("GET", "/api/v1/files");
  expect(isRead).toBe(false);
  for (const release of taken) release();
  expect(await waiting).toBe(true);
});
