import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PASSWORD } from "./http/api.fixture.ts";
import { type DataPath, openDataPath } from "./transfers/data-path.fixture.ts";

const DAY_MS = 24 * 3_600_000;
const CHUNK_BYTES = 256 * 1024;
const bytes = new Uint8Array(randomBytes(3 * CHUNK_BYTES));
const JUMPS = [
  ["a day forward", DAY_MS],
  ["a day back", -DAY_MS],
] as const;

let path: DataPath;
beforeEach(async () => {
  path = await openDataPath({ nodes: 4 });
});
afterEach(() => path.close());

async function begin(): Promise<string> {
  const body = JSON.stringify({ filename: "jump", size_bytes: bytes.length });
  const { status, body: session } = await path.json("/api/v1/files/upload/initiate", { method: "POST", body });
  expect(status).toBe(201);
  return session.session_id;
}

function sendChunk(session: string, index: number) {
  const body = bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
  return path.json(`/api/v1/files/upload/${session}/chunk?index=${index}`, { method: "PUT", body });
}

async function nodesReport(): Promise<void> {
  for (const node of path.nodes) await path.heartbeat(node);
}

async function expectDownload(fileId: string): Promise<void> {
  const answer = await path.call(`/api/v1/files/${fileId}/download`);
  expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
}

describe.each(JUMPS)("the coordinator's clock set %s", (_, jumpMs) => {
  it("in the middle of an upload in steps: it goes on, once the nodes have reported", async () => {
    const session = await begin();
    expect((await sendChunk(session, 0)).status).toBe(200);
    path.api.clock.jump(jumpMs);
    const expired = path.transfers.jobs.map((job) => job.runNow());
    await Promise.all(expired);
    const early = await sendChunk(session, 1);
    if (early.status !== 200)
      expect(early).toMatchObject({ status: 503, body: { error: { code: "NOT_ENOUGH_NODES" } } });
    await nodesReport();
    for (const index of [1, 2]) expect((await sendChunk(session, index)).status).toBe(200);
    const done = await path.json(`/api/v1/files/upload/${session}/complete`, { method: "POST" });
    expect(done.status).toBe(201);
    await expectDownload(done.body.file_id);
    expect((await path.credits()).reserved).toBe(0n);
  });

  it("in the middle of an upload in one step: it is stored, or refused without a trace", async () => {
    let sent = 0;
    const body = new ReadableStream({
      pull: (controller) => {
        if (sent === 1) path.api.clock.jump(jumpMs);
        controller.enqueue(bytes.subarray(sent * CHUNK_BYTES, ++sent * CHUNK_BYTES));
        if (sent === 3) controller.close();
      },
    });
    const headers = { "content-length": String(bytes.length) };
    const init = { method: "PUT", body, duplex: "half", headers } as RequestInit;
    const { status, body: answer } = await path.json("/api/v1/files/jump", init);
    if (status === 201) await expectDownload(answer.file_id);
    else expect(["UPLOAD_EXPIRED", "NOT_ENOUGH_NODES"]).toContain(answer.error.code);
    expect((await path.credits()).reserved).toBe(0n);
    const open = await path.api.metadata.read
      .selectFrom("files")
      .where("state", "=", "uploading")
      .selectAll()
      .execute();
    expect(open).toEqual([]);
    await nodesReport();
    const again = await path.json("/api/v1/files/jump", { method: "PUT", body: bytes });
    expect(again.status).toBe(201);
    await expectDownload(again.body.file_id);
  });

  it("does not keep stored files from being read, also before a node has reported", async () => {
    const stored = await path.json("/api/v1/files/kept", { method: "PUT", body: bytes });
    path.api.clock.jump(jumpMs);
    await expectDownload(stored.body.file_id);
  });

  it("counts the silence of nodes anew from their next report", async () => {
    path.api.clock.jump(jumpMs);
    await nodesReport();
    expect(path.api.directory.activeNodeIds()).toHaveLength(4);
    path.api.clock.advance(60_000);
    expect(path.api.directory.activeNodeIds()).toHaveLength(4);
    path.api.clock.advance(30_000);
    expect(path.api.directory.activeNodeIds()).toHaveLength(0);
  });

  it("ends at most the tokens of a login, in clear words, and lets people in again", async () => {
    const user = await path.api.newUser();
    path.api.clock.jump(jumpMs);
    const me = await path.api.call("GET", "/api/v1/auth/me", { token: user.accessToken });
    if (me.status !== 200) expect(me.body.error.code).toBe("TOKEN_EXPIRED");
    const renewed = await path.api.call("POST", "/api/v1/auth/refresh", { body: { refresh_token: user.refreshToken } });
    if (renewed.status !== 200) expect(renewed.body.error.code).toBe("TOKEN_EXPIRED");
    const credentials = { email: user.email, password: PASSWORD };
    const login = await path.api.call("POST", "/api/v1/auth/login", { body: credentials });
    expect(login.status).toBe(200);
    const token = login.body.access_token;
    expect((await path.api.call("GET", "/api/v1/auth/me", { token })).status).toBe(200);
  });
});

describe("a clock that was set wrong and right again", () => {
  it.each(JUMPS)("%s and back: nothing that was stored meanwhile is lost, and nothing is stuck", async (_, jumpMs) => {
    path.api.clock.jump(jumpMs);
    await nodesReport();
    const stored = await path.json("/api/v1/files/meanwhile", { method: "PUT", body: bytes });
    expect(stored.status).toBe(201);
    const session = await begin();
    expect((await sendChunk(session, 0)).status).toBe(200);
    path.api.clock.jump(-jumpMs);
    await nodesReport();
    await expectDownload(stored.body.file_id);
    for (const index of [1, 2]) expect((await sendChunk(session, index)).status).toBe(200);
    const done = await path.json(`/api/v1/files/upload/${session}/complete`, { method: "POST" });
    expect(done.status).toBe(201);
    await expectDownload(done.body.file_id);
    expect((await path.credits()).reserved).toBe(0n);
  });
});
