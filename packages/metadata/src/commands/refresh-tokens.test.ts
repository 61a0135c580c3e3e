import type { Kysely } from "kysely";
import { beforeEach, describe, expect, it } from "vitest";
import { applyTo, openMemoryDatabase } from "../sqlite/memory-database.fixture.ts";
import type { Tables } from "../tables.ts";
import { hashOf, userPayload } from "./payloads.fixture.ts";
import {
  issueRefreshToken,
  purgeExpiredRefreshTokens,
  revokeRefreshTokenFamily,
  rotateRefreshToken,
} from "./refresh-tokens.ts";
import { createUser } from "./users.ts";

let db: Kysely<Tables>;

beforeEach(async () => {
  db = await openMemoryDatabase();
  await applyTo(db, createUser, userPayload("ada"));
});

const issue = async (seed: number, family: string, overrides: { expires_at_ms?: number; user_id?: string } = {}) =>
  await applyTo(db, issueRefreshToken, {
    token_hash: hashOf(seed),
    user_id: "ada",
    family_id: family,
    issued_at_ms: 0,
    expires_at_ms: 1_000,
    ...overrides,
  });
const rotate = async (from: number, to: number, nowMs = 10) =>
  await applyTo(db, rotateRefreshToken, {
    old_hash: hashOf(from),
    new_hash: hashOf(to),
    now_ms: nowMs,
    expires_at_ms: nowMs + 1_000,
  });
const stored = async () =>
  (await db.selectFrom("refresh_tokens").select("token_hash").orderBy("token_hash").execute()).map((row) =>
    Number.parseInt(row.token_hash, 16),
  );

describe("refresh_token.issue", () => {
  it("needs a user", async () => {
    await expect(issue(1, "login", { user_id: "nobody" })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("refresh_token.rotate", () => {
  it("spends a token and makes its successor in the same family", async () => {
    await issue(1, "login");
    expect(await rotate(1, 2)).toEqual({ outcome: "rotated", user_id: "ada" });
    expect(await db.selectFrom("refresh_tokens").selectAll().orderBy("token_hash").execute()).toEqual([
      {
        token_hash: hashOf(1),
        user_id: "ada",
        family_id: "login",
        issued_at_ms: 0,
        expires_at_ms: 1_000,
        spent_at_ms: 10,
      },
      {
        token_hash: hashOf(2),
        user_id: "ada",
        family_id: "login",
        issued_at_ms: 10,
        expires_at_ms: 1_010,
        spent_at_ms: null,
      },
    ]);
    expect(await rotate(2, 3)).toMatchObject({ outcome: "rotated" });
  });

  it("revokes the family of a token that is used twice, and no other", async () => {
    await issue(1, "login");
    await issue(9, "other-login");
    await rotate(1, 2);
    expect(await rotate(1, 3)).toEqual({ outcome: "reused" });
    expect(await stored()).toEqual([9]);
    await expect(rotate(2, 4)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  const again = (to: number, nowMs: number, from = 1) =>
    applyTo(db, rotateRefreshToken, {
      old_hash: hashOf(from),
      new_hash: hashOf(to),
      now_ms: nowMs,
      expires_at_ms: 10_000,
      spent_grace_ms: 30,
    });

  it("gives a token that was spent a moment ago further successors of the same login, and none later", async () => {
    await issue(1, "login");
    for (const [to, nowMs] of [
      [2, 100],
      [3, 100],
      [4, 129],
    ] as const) {
      expect(await again(to, nowMs)).toEqual({ outcome: "rotated", user_id: "ada" });
    }
    expect(await again(5, 130)).toEqual({ outcome: "reused" });
    expect(await stored()).toEqual([]);
  });

  it("gives none while the login has had eight new ones within the grace, by whichever token, and keeps the login", async () => {
    await issue(1, "login");
    await issue(99, "other-login");
    for (let to = 2; to <= 8; to++) expect(await again(to, 100)).toMatchObject({ outcome: "rotated" });
    expect(await again(9, 101, 2), "of one that was not spent").toMatchObject({ outcome: "rotated" });
    for (const from of [1, 2]) {
      await expect(again(10, 129, from)).rejects.toMatchObject({ code: "TOO_MANY_REQUESTS" });
    }
    expect(await again(11, 129, 3), "of one that was not spent").toMatchObject({ outcome: "rotated" });
    expect(await again(12, 130, 2), "once they are older").toMatchObject({ outcome: "rotated" });
    expect(await stored()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 99]);
  });

  it("finds the second use of a token that has expired since", async () => {
    await issue(1, "login");
    await rotate(1, 2);
    expect(await rotate(1, 3, 5_000)).toEqual({ outcome: "reused" });
    expect(await stored()).toEqual([]);
  });

  it("refuses an unknown token, and one from the moment when it expires", async () => {
    await issue(1, "login");
    await expect(rotate(7, 8)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    await expect(rotate(1, 2, 1_000)).rejects.toMatchObject({ code: "TOKEN_EXPIRED" });
    expect(await rotate(1, 2, 999)).toMatchObject({ outcome: "rotated" });
  });
});

describe("refresh_token.revoke_family", () => {
  it("takes all tokens of the login, and says nothing against an unknown one", async () => {
    await issue(1, "login");
    await issue(9, "other-login");
    await rotate(1, 2);
    expect(await applyTo(db, revokeRefreshTokenFamily, { token_hash: hashOf(2) })).toEqual({ revoked: 2 });
    expect(await applyTo(db, revokeRefreshTokenFamily, { token_hash: hashOf(2) })).toEqual({ revoked: 0 });
    expect(await stored()).toEqual([9]);
  });
});

describe("refresh_token.purge_expired", () => {
  it("deletes what has expired, oldest first, as many as allowed", async () => {
    await issue(1, "a", { expires_at_ms: 300 });
    await issue(2, "b", { expires_at_ms: 100 });
    await issue(3, "c", { expires_at_ms: 200 });
    await issue(4, "d", { expires_at_ms: 301 });
    expect(await applyTo(db, purgeExpiredRefreshTokens, { now_ms: 300, limit: 2 })).toEqual({ purged: 2 });
    expect(await stored()).toEqual([1, 4]);
    expect(await applyTo(db, purgeExpiredRefreshTokens, { now_ms: 300, limit: 2 })).toEqual({ purged: 1 });
    expect(await stored()).toEqual([4]);
  });
});
