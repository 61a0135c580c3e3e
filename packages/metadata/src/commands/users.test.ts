import { expect, it } from "vitest";
import { applyTo, openMemoryDatabase } from "../sqlite/memory-database.fixture.ts";
import { hashOf, userPayload } from "./payloads.fixture.ts";
import { issueRefreshToken } from "./refresh-tokens.ts";
import { createUser, setPassword } from "./users.ts";

it("makes a user with a welcome grant in the ledger", async () => {
  const db = await openMemoryDatabase();
  await applyTo(db, createUser, userPayload("ada", { welcome_microcredits: "5000000", role: "operator" }));
  expect(await db.selectFrom("users").selectAll().execute()).toEqual([
    {
      id: "ada",
      email: "ada@example.org",
      name: "Person ada",
      role: "operator",
      password_hash: "$argon2id$v=19$m=65536,t=3,p=1$c2FsdA$aGFzaA",
      sealed_secret: new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7]),
      created_at_ms: 1_000,
      arrears_since_ms: null,
      disabled_at_ms: null,
    },
  ]);
  expect(await db.selectFrom("ledger_accounts").select(["id", "balance_microcredits"]).orderBy("id").execute()).toEqual(
    [
      { id: "system:welcome", balance_microcredits: -5_000_000n },
      { id: "user:ada:available", balance_microcredits: 5_000_000n },
    ],
  );
  expect(await db.selectFrom("ledger_transactions").select(["kind", "reference"]).execute()).toEqual([
    { kind: "welcome", reference: "ada" },
  ]);
});

it("books nothing where there is no grant", async () => {
  const db = await openMemoryDatabase();
  await applyTo(db, createUser, userPayload("ada"));
  expect(await db.selectFrom("ledger_transactions").selectAll().execute()).toEqual([]);
});

it("refuses an address that has an account, and keeps the account", async () => {
  const db = await openMemoryDatabase();
  await applyTo(db, createUser, userPayload("ada"));
  const again = userPayload("bea", { email: "ada@example.org", welcome_microcredits: "5" });
  await expect(applyTo(db, createUser, again)).rejects.toMatchObject({ code: "EMAIL_TAKEN" });
  expect(await db.selectFrom("users").select("id").execute()).toEqual([{ id: "ada" }]);
  expect(await db.selectFrom("ledger_accounts").selectAll().execute()).toEqual([]);
});

it.each(["Ada@example.org", "ada", "a da@example.org"])("refuses %s as an address", async (email) => {
  const db = await openMemoryDatabase();
  await expect(applyTo(db, createUser, userPayload("ada", { email }))).rejects.toMatchObject({
    code: "INVALID_REQUEST",
  });
});

it("a password is changed where the old one was proved, and all other logins end", async () => {
  const db = await openMemoryDatabase();
  for (const name of ["ada", "bea"]) await applyTo(db, createUser, userPayload(name));
  const logins = [
    ["ada", "kept"],
    ["ada", "other"],
    ["ada", "other"],
    ["ada", "third"],
    ["bea", "hers"],
  ] as const;
  for (const [seed, [user_id, family_id]] of logins.entries()) {
    const token_hash = hashOf(seed);
    await applyTo(db, issueRefreshToken, { token_hash, user_id, family_id, issued_at_ms: 0, expires_at_ms: 1_000 });
  }
  const old_hash = "$argon2id$v=19$m=65536,t=3,p=1$c2FsdA$aGFzaA";
  const change = { user_id: "ada", old_hash, new_hash: "new", kept_family_id: "kept" };
  expect(await applyTo(db, setPassword, change)).toEqual({ ended: 2 });
  const hashes = await db.selectFrom("users").select(["id", "password_hash"]).orderBy("id").execute();
  expect(hashes).toEqual([
    { id: "ada", password_hash: "new" },
    { id: "bea", password_hash: old_hash },
  ]);
  const left = await db.selectFrom("refresh_tokens").select("family_id").orderBy("family_id").execute();
  expect(left.map(({ family_id }) => family_id)).toEqual(["hers", "kept"]);
  await expect(applyTo(db, setPassword, change)).rejects.toMatchObject({ code: "CONCURRENT_CHANGE" });
  expect(await applyTo(db, setPassword, { ...change, old_hash: "new", kept_family_id: null })).toEqual({ ended: 1 });
});
