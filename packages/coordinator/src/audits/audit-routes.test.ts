import { createHash } from "node:crypto";
import { auditSeed } from "@commonhold/core/audit/audit-seed.ts";
import { platformCrypto } from "@commonhold/chunk/platform-crypto.ts";
import { selectLeaves } from "@commonhold/core/audit/leaf-selection.ts";
import { chunkNameToBytes } from "@commonhold/core/audit/chunk-name.ts";
import { DAY_MS } from "@commonhold/core/economics/utc-day.ts";
import type { UserId } from "@commonhold/core/ids.ts";
import type { Role } from "@commonhold/metadata/tables.ts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHttpFixture } from "../http/http.fixture.ts";
import type { Http } from "../http/http-server.ts";
import { setPrincipal } from "../http/principal.ts";
import { reputationView } from "../nodes/reputation-view.ts";
import { createAuditHistory } from "./audit-history.ts";
import { type AuditNetwork, CYCLE_MS, DAY, openAuditNetwork, type ProvingNode } from "./audit-network.fixture.ts";
import { registerAuditRoutes } from "./audit-routes.ts";

let network: AuditNetwork;
let node: ProvingNode;
let app: Http;
let caller: { userId: string; role: Role };

beforeEach(async () => {
  network = await openAuditNetwork();
  [node] = network.nodes as [ProvingNode];
  caller = { userId: network.user.id, role: "user" };
  const { api } = network;
  ({ app } = await createHttpFixture());
  registerAuditRoutes(app, {
    authentication: {
      requireUser: async (request) => {
        setPrincipal(request, { kind: "user", userId: caller.userId as UserId, role: caller.role });
      },
    },
    directory: api.directory,
    reputationOf: (id) => reputationView(api.directory.reputationOf(id)),
    history: createAuditHistory(api),
  });
  await app.ready();
});
afterEach(async () => {
  await app.close();
  await network.close();
});

async function get(url: string) {
  const answer = await app.inject({ method: "GET", url });
  return { status: answer.statusCode, body: answer.json() };
}

/** Three audits that pass, and then one that does not. */
async function auditSome(): Promise<void> {
  await network.store([node]);
  await network.pass(3 * CYCLE_MS);
  node.chunks.clear();
  await network.pass(CYCLE_MS);
}

describe("GET /nodes/:id/audits", () => {
  it("shows each audit, what it was counted as, and how the last days went", async () => {
    await auditSome();
    const { status, body } = await get(`/api/v1/nodes/${node.id}/audits`);
    expect(status).toBe(200);
    expect(body.items.map(({ counted_as }: { counted_as: string }) => counted_as)).toEqual([
      "not_passed",
      "good",
      "good",
      "good",
    ]);
    expect(body.items[0]).toMatchObject({
      attempt: 1,
      outcomes: { lost: 1 },
      chunks: [{ outcome: "lost", why: expect.stringContaining("made anew") }],
      detail: expect.stringContaining("CHUNK_NOT_FOUND"),
      day: DAY,
    });
    expect(body.summary).toMatchObject({
      reputation: { standing: "vetting", why: expect.stringContaining("of the 100 audits") },
      last_30_days: { outcomes: { passed: 3, lost: 1, wrong: 0 }, success_rate: 0.75, latency_ms: 0 },
      changes: [],
    });
  });

  it("pages through them, and shows those of one day or outcome only", async () => {
    await auditSome();
    const seen = [];
    for (let url = `/api/v1/nodes/${node.id}/audits?limit=3`; ; ) {
      const { body } = await get(url);
      seen.push(...body.items.map(({ id }: { id: string }) => id));
      if (body.next_cursor === null) break;
      url = `/api/v1/nodes/${node.id}/audits?limit=3&cursor=${body.next_cursor}`;
    }
    expect(new Set(seen).size).toBe(4);
    const countOf = async (query: string) => (await get(`/api/v1/nodes/${node.id}/audits?${query}`)).body.items.length;
    expect(await countOf("outcome=failed")).toBe(1);
    expect(await countOf("outcome=lost")).toBe(1);
    expect(await countOf("outcome=wrong")).toBe(0);
    expect(await countOf(`day=${DAY}`)).toBe(4);
    expect(await countOf("day=2026-02-01")).toBe(0);
  });

  it("is for the node's operator and admins", async () => {
    caller = { ...caller, userId: "someone-else" };
    expect(await get(`/api/v1/nodes/${node.id}/audits`)).toMatchObject({ status: 403 });
    caller = { ...caller, role: "admin" };
    expect(await get(`/api/v1/nodes/${node.id}/audits`)).toMatchObject({ status: 200, body: { items: [] } });
    expect(await get("/api/v1/nodes/nobody/audits")).toMatchObject({ status: 404 });
  });

  it("refuses what it cannot mean", async () => {
    for (const query of ["day=yesterday", "outcome=fine", "limit=0", "cursor=x"]) {
      expect((await get(`/api/v1/nodes/${node.id}/audits?${query}`)).status).toBe(400);
    }
  });
});

describe("GET /audits/periods", () => {
  it("shows the commitment of a day, its key only when it is over, and then what was asked can be recomputed", async () => {
    await auditSome();
    const before = (await get("/api/v1/audits/periods")).body.items;
    expect(before).toMatchObject([{ day: DAY, key: null, revealed_at: null }]);
    network.api.clock.advance(DAY_MS);
    await network.periods.revealEnded(network.api.clock.nowMs());
    const [period] = (await get("/api/v1/audits/periods")).body.items;
    const key = new Uint8Array(Buffer.from(period.key, "hex"));
    expect(createHash("sha256").update(key).digest("hex")).toBe(before[0].commitment);
    const [audit] = (await get(`/api/v1/nodes/${node.id}/audits?day=${DAY}`)).body.items;
    const seed = auditSeed(key, { nodeId: node.id, ...audit }, platformCrypto.hmacSha256);
    const asked = node.asked.at(-1)!;
    expect(seed).toEqual(new Uint8Array(asked.seed));
    const selectionId = new Uint8Array(Buffer.from(audit.selection_id, "hex"));
    const chunk = { name: chunkNameToBytes(audit.chunks[0].chunk), leafCount: 3 };
    const question = { selectionId, seed, leafCount: audit.leaf_count };
    expect(selectLeaves(question, chunk, platformCrypto.hmacSha256)).toEqual(
      selectLeaves(asked, chunk, platformCrypto.hmacSha256),
    );
  });
});
