import { DatabaseSync } from "node:sqlite";
import { Kysely, sql } from "kysely";
import Type from "typebox";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AnyCommand, defineCommand } from "../command.ts";
import { userPayload } from "../commands/payloads.fixture.ts";
import { createUser } from "../commands/users.ts";
import type { Tables } from "../tables.ts";
import { applyBatch, type BatchDeps } from "./apply-batch.ts";
import { createDatabaseFolder, type DatabaseFolder } from "./database-folder.fixture.ts";
import { createNodeSqliteDialect, SAVEPOINT } from "./node-sqlite-dialect.ts";
import { openWriter } from "./open-database.ts";

/** SQLite rolls back by itself when the disk is full or fails at a bad moment. */
const loseTransaction = defineCommand({
  name: "test.lose_transaction",
  payload: Type.Object({}),
  apply: async (tx) => {
    await sql`ROLLBACK`.execute(tx);
    throw Object.assign(new Error("disk I/O error"), { errcode: 10 });
  },
});
const commands: Record<string, AnyCommand> = { "user.create": createUser, "test.lose_transaction": loseTransaction };

let folder: DatabaseFolder;
let database: DatabaseSync;
let deps: BatchDeps;

beforeEach(async () => {
  folder = await createDatabaseFolder();
  database = await openWriter(folder.file, 0);
  database.exec("PRAGMA busy_timeout = 0");
  deps = {
    database,
    commands,
    savepoints: new Kysely<Tables>({ dialect: createNodeSqliteDialect(database, SAVEPOINT) }),
  };
});

afterEach(async () => {
  database.close();
  await folder.dispose();
});

const makeUser = (id: string, email?: string) => ({
  name: "user.create",
  payload: JSON.stringify(userPayload(id, email === undefined ? {} : { email })),
});
const codes = ({ answers }: Awaited<ReturnType<typeof applyBatch>>) =>
  answers.map((answer) => (answer.ok ? "applied" : answer.error.code));
const users = () =>
  database
    .prepare("SELECT id FROM users ORDER BY id")
    .all()
    .map((row) => row["id"]);

describe("applyBatch", () => {
  it("keeps what was applied and undoes what was refused", async () => {
    const outcome = await applyBatch(deps, [makeUser("ada"), makeUser("bea", "ada@example.org"), makeUser("cid")]);
    expect(codes(outcome)).toEqual(["applied", "EMAIL_TAKEN", "applied"]);
    expect(outcome.committed).toBe(true);
    expect(users()).toEqual(["ada", "cid"]);
  });

  it("fails the whole batch when the transaction is lost in the middle, and applies nothing after it", async () => {
    const lost = { name: "test.lose_transaction", payload: "{}" };
    const outcome = await applyBatch(deps, [makeUser("ada"), lost, makeUser("bea")]);
    expect(codes(outcome)).toEqual(["STORAGE_FAILURE", "STORAGE_FAILURE", "STORAGE_FAILURE"]);
    expect(outcome.committed).toBe(false);
    expect(users()).toEqual([]);
    expect(codes(await applyBatch(deps, [makeUser("cid")]))).toEqual(["applied"]);
  });

  it.each([
    [13, "NO_SPACE"],
    [10, "STORAGE_FAILURE"],
    [1_034, "STORAGE_FAILURE"],
  ])("fails the whole batch when the commit fails with code %i", async (errcode, code) => {
    const failing: BatchDeps["database"] = {
      get isTransaction() {
        return database.isTransaction;
      },
      exec: (statement) => {
        if (statement === "COMMIT") throw Object.assign(new Error("no"), { errcode });
        database.exec(statement);
      },
    };
    const outcome = await applyBatch({ ...deps, database: failing }, [makeUser("ada"), makeUser("bea")]);
    expect(codes(outcome)).toEqual([code, code]);
    expect(database.isTransaction).toBe(false);
    expect(users()).toEqual([]);
  });

  it("fails the whole batch while another process writes", async () => {
    using other = new DatabaseSync(folder.file);
    other.exec("BEGIN IMMEDIATE");
    const outcome = await applyBatch(deps, [makeUser("ada"), makeUser("bea")]);
    expect(codes(outcome)).toEqual(["STORAGE_FAILURE", "STORAGE_FAILURE"]);
    expect(outcome.answers[0]).toMatchObject({ error: { message: expect.stringMatching(/another process/) } });
    other.exec("ROLLBACK");
    expect(codes(await applyBatch(deps, [makeUser("ada")]))).toEqual(["applied"]);
  });
});
