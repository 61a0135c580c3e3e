import type { Kysely } from "kysely";
import { beforeEach, describe, expect, it } from "vitest";
import { applyTo, openMemoryDatabase } from "../sqlite/memory-database.fixture.ts";
import type { Tables } from "../tables.ts";
import { createJoinToken, purgeExpiredJoinTokens } from "./join-tokens.ts";
import { banNode, recordHeartbeat, registerNode, unbanNode } from "./nodes.ts";
import { hashOf, heartbeatPayload, registrationPayload, userPayload } from "./payloads.fixture.ts";
import { setUserDisabled } from "./user-rights.ts";
import { createUser } from "./users.ts";

let db: Kysely<Tables>;

beforeEach(async () => {
  db = await openMemoryDatabase();
  for (const id of ["ada", "bea"]) await applyTo(db, createUser, userPayload(id, { role: "operator" }));
  await makeToken(1, "ada", { uses: 2 });
});

const makeToken = async (seed: number, userId: string, terms: { uses: number; expires_at_ms?: number }) =>
  await applyTo(db, createJoinToken, {
    token_hash: hashOf(seed),
    user_id: userId,
    created_at_ms: 0,
    expires_at_ms: 10_000,
    ...terms,
  });
const usesLeft = async (seed: number) =>
  (await db.selectFrom("join_tokens").select("uses_left").where("token_hash", "=", hashOf(seed)).executeTakeFirst())
    ?.uses_left;
const node = async (id: string) =>
  await db.selectFrom("nodes").selectAll().where("id", "=", id).executeTakeFirstOrThrow();

describe("join_token.create", () => {
  it("needs a user", async () => {
    await expect(makeToken(2, "nobody", { uses: 1 })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("join_token.purge_expired", () => {
  it("deletes what has expired, oldest first, as many as allowed", async () => {
    await makeToken(2, "ada", { uses: 1, expires_at_ms: 100 });
    await makeToken(3, "ada", { uses: 1, expires_at_ms: 50 });
    expect(await applyTo(db, purgeExpiredJoinTokens, { now_ms: 100, limit: 1 })).toEqual({ purged: 1 });
    expect([await usesLeft(3), await usesLeft(2)]).toEqual([undefined, 1]);
    expect(await applyTo(db, purgeExpiredJoinTokens, { now_ms: 100, limit: 5 })).toEqual({ purged: 1 });
    expect(await usesLeft(1)).toBe(2);
  });
});

describe("node.register", () => {
  it("lets a node in for its operator and takes one use of the token", async () => {
    expect(await applyTo(db, registerNode, registrationPayload("n1"))).toEqual({
      joined_at_ms: 5_000,
      repeated: false,
    });
    expect(await usesLeft(1)).toBe(1);
    expect(await node("n1")).toMatchObject({
      name: "node of n1",
      operator_id: "ada",
      declared_state: "joining",
      addresses: '["/ip4/192.0.2.1/tcp/4001"]',
      labels: '{"site":"library"}',
      chunk_count: 0,
      joined_at_ms: 5_000,
      last_heartbeat_at_ms: 5_000,
    });
  });

  it.each([
    { reason: "not known", seed: 7, nowMs: 5_000 },
    { reason: "has expired", seed: 1, nowMs: 10_000 },
    { reason: "used as often as it may be", seed: 2, nowMs: 5_000 },
  ])("refuses a token that is $reason", async ({ reason, seed, nowMs }) => {
    await makeToken(2, "ada", { uses: 1 });
    await applyTo(db, registerNode, registrationPayload("n0", { join_token_hash: hashOf(2) }));
    const registration = registrationPayload("n1", { join_token_hash: hashOf(seed), now_ms: nowMs });
    await expect(applyTo(db, registerNode, registration)).rejects.toMatchObject({
      code: "INVALID_JOIN_TOKEN",
      message: expect.stringContaining(reason),
    });
    expect(await db.selectFrom("nodes").select("id").execute()).toEqual([{ id: "n0" }]);
  });

  it("refuses a token of an account that is shut, until it is open again", async () => {
    const shut = (disabled: boolean) => applyTo(db, setUserDisabled, { id: "ada", disabled, now_ms: 5_000 });
    await shut(true);
    await expect(applyTo(db, registerNode, registrationPayload("n1"))).rejects.toMatchObject({
      code: "INVALID_JOIN_TOKEN",
      message: expect.stringContaining("shut"),
    });
    expect(await usesLeft(1)).toBe(2);
    await shut(false);
    expect(await applyTo(db, registerNode, registrationPayload("n1"))).toMatchObject({ repeated: false });
  });

  it("takes the same id again: a new key, the old time of joining and declared state", async () => {
    await applyTo(db, registerNode, registrationPayload("n1"));
    await applyTo(db, recordHeartbeat, heartbeatPayload("n1", { draining: true }));
    const again = registrationPayload("n1", { name: "renamed", api_key_hash: hashOf(77), now_ms: 8_000 });
    expect(await applyTo(db, registerNode, again)).toEqual({ joined_at_ms: 5_000, repeated: true });
    expect(await node("n1")).toMatchObject({
      name: "renamed",
      api_key_hash: hashOf(77),
      declared_state: "draining",
      joined_at_ms: 5_000,
      last_heartbeat_at_ms: 8_000,
      chunk_count: 1,
    });
    expect(await usesLeft(1)).toBe(0);
  });

  it("refuses the same id with another operator's token", async () => {
    await applyTo(db, registerNode, registrationPayload("n1"));
    await makeToken(2, "bea", { uses: 1 });
    const taken = registrationPayload("n1", { join_token_hash: hashOf(2), api_key_hash: hashOf(77) });
    await expect(applyTo(db, registerNode, taken)).rejects.toMatchObject({ code: "FORBIDDEN" });
    expect((await node("n1")).api_key_hash).not.toBe(hashOf(77));
    expect(await usesLeft(2)).toBe(1);
  });

  it("refuses a name that another node has, at the first time and later", async () => {
    await makeToken(2, "ada", { uses: 9 });
    const withToken = { join_token_hash: hashOf(2) };
    await applyTo(db, registerNode, registrationPayload("n1", { ...withToken, name: "attic" }));
    await applyTo(db, registerNode, registrationPayload("n2", withToken));
    for (const id of ["n2", "n3"]) {
      const registration = registrationPayload(id, { ...withToken, name: "attic" });
      await expect(applyTo(db, registerNode, registration)).rejects.toMatchObject({ code: "NODE_NAME_TAKEN" });
    }
    expect(await usesLeft(2)).toBe(7);
  });

  it("refuses a banned node", async () => {
    await applyTo(db, registerNode, registrationPayload("n1"));
    await applyTo(db, banNode, { id: "n1" });
    await expect(applyTo(db, registerNode, registrationPayload("n1"))).rejects.toMatchObject({ code: "NOT_A_MEMBER" });
  });
});

describe("node.heartbeat", () => {
  beforeEach(async () => {
    await applyTo(db, registerNode, registrationPayload("n1"));
  });

  it("records what the node says and makes it active", async () => {
    expect(await applyTo(db, recordHeartbeat, heartbeatPayload("n1"))).toEqual({ declared_state: "active" });
    expect(await node("n1")).toMatchObject({
      addresses: '["/ip4/192.0.2.2/tcp/4001"]',
      used_bytes: 4_096,
      free_bytes: 9_999_995_904,
      chunk_count: 1,
      version: "0.1.1",
      last_heartbeat_at_ms: 6_000,
      joined_at_ms: 5_000,
    });
  });

  it("follows the node into draining and out of it; drained stays until it drains no more", async () => {
    const beat = async (draining: boolean) =>
      (await applyTo(db, recordHeartbeat, heartbeatPayload("n1", { draining }))).declared_state;
    expect(await beat(true)).toBe("draining");
    expect(await beat(false)).toBe("active");
    await db.updateTable("nodes").set({ declared_state: "drained" }).execute();
    expect(await beat(true)).toBe("drained");
    expect(await beat(false)).toBe("active");
  });

  it("refuses an unknown node and a banned one", async () => {
    await expect(applyTo(db, recordHeartbeat, heartbeatPayload("n9"))).rejects.toMatchObject({
      code: "NODE_NOT_FOUND",
    });
    await applyTo(db, banNode, { id: "n1" });
    await expect(applyTo(db, recordHeartbeat, heartbeatPayload("n1"))).rejects.toMatchObject({ code: "NOT_A_MEMBER" });
    expect((await node("n1")).declared_state).toBe("banned");
  });
});

describe("node.unban", () => {
  it("lets a banned node in again and leaves any other as it is", async () => {
    await applyTo(db, registerNode, registrationPayload("n1"));
    await applyTo(db, recordHeartbeat, heartbeatPayload("n1"));
    await applyTo(db, unbanNode, { id: "n1" });
    expect((await node("n1")).declared_state).toBe("active");
    await applyTo(db, banNode, { id: "n1" });
    await applyTo(db, unbanNode, { id: "n1" });
    expect((await node("n1")).declared_state).toBe("joining");
    for (const command of [banNode, unbanNode]) {
      await expect(applyTo(db, command, { id: "n9" })).rejects.toMatchObject({ code: "NODE_NOT_FOUND" });
    }
  });
});
