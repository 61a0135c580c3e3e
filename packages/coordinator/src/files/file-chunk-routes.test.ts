import { randomBytes } from "node:crypto";
import { AUDIT_TERMS } from "@commonhold/metadata/commands/payloads.fixture.ts";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAccessTokens } from "../accounts/access-tokens.ts";
import type { Answer } from "../http/api-caller.fixture.ts";
import type { TestUser } from "../http/api.fixture.ts";
import { createAuthentication } from "../http/authentication.ts";
import { createHttpFixture } from "../http/http.fixture.ts";
import type { Http } from "../http/http-server.ts";
import { openWholeApi, type WholeApi } from "../http/whole-api.fixture.ts";
import { registerFileChunkRoutes } from "./file-chunk-routes.ts";
import { createFileChunks } from "./file-chunks.ts";
import { createFileService } from "./file-service.ts";

const NODE_STATE = "active";
const PASSED_AT_MS = 1_700_000_000_000;

let whole: WholeApi;
let app: Http;
let stranger: TestUser;
let fileId: string;
beforeAll(async () => {
  whole = await openWholeApi();
  const { api, transfers } = whole.path;
  stranger = await api.newUser();
  const session = await whole.initiate({ filename: "film" });
  const bytes = new Uint8Array(randomBytes(300_000));
  await whole.call("POST", `/api/v1/files/upload/${session}/chunk?index=0`, { body: bytes.subarray(0, 262_144) });
  await whole.call("POST", `/api/v1/files/upload/${session}/chunk?index=1`, { body: bytes.subarray(262_144) });
  fileId = (await whole.call("POST", `/api/v1/files/upload/${session}/complete`)).body.file_id;
  ({ app } = await createHttpFixture());
  const accessTokens = await createAccessTokens(
    { clock: api.clock, random: systemRandom, key: api.tokenKey },
    { ttlS: 900 },
  );
  registerFileChunkRoutes(app, {
    requireUser: createAuthentication({ accessTokens, metadata: api.metadata }).requireUser,
    files: createFileService(api),
    chunks: createFileChunks({
      metadata: api.metadata,
      catalog: transfers.replicas.catalog,
      nodeOf: (id) => ({ name: `node ${id}`, status: NODE_STATE }),
    }),
  });
  await app.ready();
});
afterAll(async () => {
  await app.close();
  await whole.close();
});

async function chunks(
  query = "",
  token = whole.user.accessToken,
  id = fileId,
): Promise<Pick<Answer, "status" | "body">> {
  const headers = token === "" ? {} : { authorization: `Bearer ${token}` };
  const answer = await app.inject({ method: "GET", url: `/api/v1/files/${id}/chunks${query}`, headers });
  return { status: answer.statusCode, body: answer.json() };
}

describe("the chunks of a file", () => {
  it("are listed in their order, each with its copies, and when their nodes last passed an audit", async () => {
    const { metadata } = whole.path.api;
    const nodes = (await metadata.read.selectFrom("nodes").select("id").orderBy("id").execute()).map(({ id }) => id);
    const audit = { node_id: nodes[0]!, day: "2023-11-14", window: 1, leaf_count: 1, difficulty: 1 };
    const challenge = (number: number) => ({
      ...audit,
      number,
      id: number.toString(16).padStart(32, "0"),
      selection_id: number.toString(16).padStart(32, "0"),
      attempt: 1,
      chunk_names: ["ab".repeat(32)],
      issued_at_ms: PASSED_AT_MS + number,
      deadline_at_ms: PASSED_AT_MS + 9,
    });
    await metadata.apply("audit.open_period", { day: audit.day, commitment: "cd".repeat(32), now_ms: PASSED_AT_MS });
    await metadata.apply("audit.issue", { challenges: [challenge(1), challenge(2)] });
    const outcome = (number: number, passed: boolean) => ({
      challenge_id: challenge(number).id,
      outcomes: [passed ? ("passed" as const) : ("silent" as const)],
      is_final: false,
      duration_ms: 1,
      node_us: null,
      detail: null,
    });
    const results = [outcome(1, true), outcome(2, false)];
    await metadata.apply("audit.record", { now_ms: PASSED_AT_MS, terms: AUDIT_TERMS, results });

    const { status, body } = await chunks();
    expect(status).toBe(200);
    expect(body.next_cursor).toBeNull();
    const sizes = body.items.map((item: { index: number; size_bytes: number; wanted: number }) => [
      item.index,
      item.size_bytes,
      item.wanted,
    ]);
    expect(sizes).toEqual([
      [0, 262_144, 3],
      [1, 37_856, 3],
    ]);
    for (const { copies } of body.items) {
      expect(copies.length).toBeGreaterThanOrEqual(2);
      for (const copy of copies) {
        expect(nodes).toContain(copy.node_id);
        expect(copy).toEqual({
          node_id: copy.node_id,
          node_name: `node ${copy.node_id}`,
          node_state: NODE_STATE,
          state: expect.stringMatching(/^(active|pending)$/),
          node_audited_at: copy.node_id === nodes[0] ? new Date(PASSED_AT_MS).toISOString() : null,
        });
      }
    }
  });

  it("come page by page", async () => {
    const first = await chunks("?limit=1");
    expect(first.body.items).toMatchObject([{ index: 0 }]);
    const rest = await chunks(`?limit=1&cursor=${first.body.next_cursor}`);
    expect(rest.body).toMatchObject({ items: [{ index: 1 }], next_cursor: null });
  });

  it("are shown to the file's owner alone", async () => {
    expect(await chunks("", stranger.accessToken)).toMatchObject({
      status: 404,
      body: { error: { code: "FILE_NOT_FOUND" } },
    });
    expect((await chunks("", "")).status).toBe(401);
  });

  it.each([
    ["?limit=0", undefined],
    ["?limit=201", undefined],
    ["?cursor=x", undefined],
    ["", "nothing"],
  ])("are not asked for by %s of %s", async (query, id) => {
    expect((await chunks(query, whole.user.accessToken, id)).status).toBe(400);
  });
});
