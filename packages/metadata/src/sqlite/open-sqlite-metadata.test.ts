import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createLogger } from "@commonhold/runtime/logger.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { userPayload } from "../commands/payloads.fixture.ts";
import { describeMetadataContract } from "../metadata.contract.ts";
import { createDatabaseFolder, type DatabaseFolder } from "./database-folder.fixture.ts";
import { openSqliteMetadata, type SqliteMetadata } from "./open-sqlite-metadata.ts";

const ACKNOWLEDGING_WRITER = fileURLToPath(new URL("./acknowledging-writer.fixture.ts", import.meta.url));
const ACKNOWLEDGED_BEFORE_KILL = 200;

const deps = { logger: createLogger({ level: "silent", name: "test" }), clock: systemClock };

describeMetadataContract("SQLite", async () => {
  const folder = await createDatabaseFolder();
  return { open: async () => await openSqliteMetadata(deps, { file: folder.file }), dispose: folder.dispose };
});

describe("openSqliteMetadata", () => {
  let folder: DatabaseFolder;
  let metadata: SqliteMetadata | undefined;

  beforeEach(async () => {
    folder = await createDatabaseFolder();
  });

  afterEach(async () => {
    await metadata?.close();
    metadata = undefined;
    await folder.dispose();
  });

  const openMetadata = async () => {
    metadata = await openSqliteMetadata(deps, { file: folder.file });
    return metadata;
  };

  it.each([
    ["in the moment of an acknowledgement", [`${ACKNOWLEDGED_BEFORE_KILL}`]],
    ["in the middle of its work", []],
  ])("has every acknowledged command after the process was killed %s", async (_moment, ownKillAfter) => {
    const acknowledged = await bookUntilKilled(folder, ownKillAfter);
    expect(acknowledged.length).toBeGreaterThanOrEqual(ACKNOWLEDGED_BEFORE_KILL);
    const { read } = await openMetadata();

    const kept = await read.selectFrom("ledger_transactions").select("reference").execute();
    const references = new Set(kept.map((row) => row.reference));
    expect(acknowledged.filter((paymentId) => !references.has(paymentId))).toEqual([]);

    const entries = await read
      .selectFrom("ledger_entries")
      .select((eb) => ["account_id", eb.fn.sum<bigint>("amount_microcredits").as("sum_microcredits")])
      .groupBy("account_id")
      .orderBy("account_id")
      .execute();
    const accounts = await read.selectFrom("ledger_accounts").selectAll().orderBy("id").execute();
    expect(entries.map((row) => [row.account_id, row.sum_microcredits])).toEqual(
      accounts.map((row) => [row.id, row.balance_microcredits]),
    );
    const check = await sql<{ integrity_check: string }>`PRAGMA integrity_check`.execute(read);
    expect(check.rows[0]?.integrity_check).toBe("ok");
  });

  it("leaves one file, without a log, when it is closed", async () => {
    const opened = await openMetadata();
    await opened.apply("user.create", userPayload("ada"));
    await opened.close();
    expect(await readdir(folder.path)).toEqual(["metadata.db"]);
  });

  it("shows a read transaction one state, and everybody else the newest", async () => {
    const { read, apply } = await openMetadata();
    await apply("user.create", userPayload("ada"));
    const countUsers = async (db: typeof read) => (await db.selectFrom("users").select("id").execute()).length;
    const seen = await read.transaction().execute(async (tx) => {
      const before = await countUsers(tx);
      await apply("user.create", userPayload("bea"));
      return [before, await countUsers(tx)];
    });
    expect(seen).toEqual([1, 1]);
    expect(await countUsers(read)).toBe(2);
  });

  it("refuses a payload that is too large to apply", async () => {
    const { apply } = await openMetadata();
    const commit = {
      upload_id: "u".repeat(5 * 1024 * 1024),
      chunk_index: 0,
      chunk_name: "0".repeat(64),
      sealed_length: 1,
      plain_length: 1,
      copies: 1,
      sealed_entry: "",
      replicas: [],
      epoch: 0,
      now_ms: 0,
    };
    await expect(apply("chunk.commit", commit)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });

  it("says where it could not make its file", async () => {
    const file = `${folder.path}/missing/metadata.db`;
    await expect(openSqliteMetadata(deps, { file })).rejects.toMatchObject({
      code: "STORAGE_FAILURE",
      message: expect.stringContaining(`${file}" (ENOENT)`),
    });
  });
});

/** The payments that a process printed as acknowledged before it was killed. */
async function bookUntilKilled(folder: DatabaseFolder, ownKillAfter: readonly string[]): Promise<readonly string[]> {
  const printed = join(folder.path, "acknowledged");
  await using output = await open(printed, "w");
  const child = spawn(process.execPath, [ACKNOWLEDGING_WRITER, folder.file, ...ownKillAfter], {
    stdio: ["ignore", output.fd, "inherit"],
  });
  const exited = once(child, "exit");
  const acknowledged = async () => (await readFile(printed, "utf8")).split("\n").filter((line) => line !== "");
  const enough = async () => expect((await acknowledged()).length).toBeGreaterThanOrEqual(ACKNOWLEDGED_BEFORE_KILL);
  await vi.waitFor(enough, { timeout: 25_000, interval: 10 });
  child.kill("SIGKILL");
  const [, signal] = await exited;
  expect(signal).toBe("SIGKILL");
  return await acknowledged();
}
