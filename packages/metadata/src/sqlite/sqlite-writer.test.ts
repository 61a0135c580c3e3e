import { Worker } from "node:worker_threads";
import type { Logger } from "@commonhold/runtime/logger.ts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { purchasePayload, userPayload } from "../commands/payloads.fixture.ts";
import { createDatabaseFolder, type DatabaseFolder } from "./database-folder.fixture.ts";
import { openReader } from "./open-database.ts";
import { openSqliteWriter, type SqliteWriter, WRITER_LIMITS, type WriterLimits } from "./sqlite-writer.ts";
import type { WriterData } from "./writer-messages.ts";

const FAULTY_WRITER = new URL("./faulty-writer.fixture.ts", import.meta.url);

let folder: DatabaseFolder;
let writer: SqliteWriter | undefined;
const logger = { error: vi.fn<Logger["error"]>() };

beforeEach(async () => {
  folder = await createDatabaseFolder();
});

afterEach(async () => {
  await writer?.close();
  writer = undefined;
  await folder.dispose();
  logger.error.mockReset();
});

async function start(limits: Partial<WriterLimits> = {}): Promise<void> {
  const workerData: WriterData = { file: folder.file, nowMs: 0 };
  const spawn = () => new Worker(FAULTY_WRITER, { workerData });
  writer = await openSqliteWriter({ spawn, logger }, { ...WRITER_LIMITS, ...limits });
  await apply("user.create", userPayload("ada"));
}

function started(): SqliteWriter {
  if (writer === undefined) throw new Error("the test has to start the writer");
  return writer;
}

const apply = async (name: string, payload: object) =>
  await started().apply({ name, payload: JSON.stringify(payload) });

/** "applied", or the code of the refusal. */
async function outcomes(calls: readonly Promise<unknown>[]): Promise<readonly string[]> {
  const results = await Promise.allSettled(calls);
  return results.map((result) => (result.status === "rejected" ? result.reason.code : "applied"));
}

function storedUsers(): readonly unknown[] {
  using reader = openReader(folder.file);
  return reader
    .prepare("SELECT id FROM users ORDER BY id")
    .all()
    .map((row) => row["id"]);
}

describe("group commit", () => {
  it("commits what was called together once", async () => {
    await start();
    const before = started().stats();
    await Promise.all(Array.from({ length: 300 }, (_, index) => apply("user.create", userPayload(`u${index}`))));
    const after = started().stats();
    expect(after.commits - before.commits).toBe(1);
    expect(after.commandsApplied - before.commandsApplied).toBe(300);
    expect(after.waiting).toBe(0);
  });

  it("gathers what is called while a batch is under way", async () => {
    await start();
    const before = started().stats().commits;
    const first = apply("user.create", userPayload("first"));
    await Promise.resolve();
    await Promise.resolve();
    const rest = Array.from({ length: 50 }, (_, index) => apply("user.create", userPayload(`u${index}`)));
    expect(started().stats().waiting).toBe(51);
    await Promise.all([first, ...rest]);
    expect(started().stats().commits - before).toBe(2);
  });

  it("bounds a batch by its commands and by its size", async () => {
    await start({ batchMax: 10, batchCharactersMax: 10_000 });
    await Promise.all(Array.from({ length: 45 }, (_, index) => apply("user.create", userPayload(`u${index}`))));
    expect(started().stats().commits).toBe(6);
    const large = Array.from({ length: 4 }, (_, index) =>
      apply("test.fill", { size: index, padding: "x".repeat(6_000) }),
    );
    await Promise.all(large);
    expect(started().stats().commits).toBe(10);
  });
});

describe("a bounded queue", () => {
  it("refuses as OVERLOADED what finds too many waiting, and keeps what was accepted", async () => {
    await start({ waitingMax: 3 });
    const calls = Array.from({ length: 5 }, (_, index) => apply("user.create", userPayload(`u${index}`)));
    expect(await outcomes(calls)).toEqual(["applied", "applied", "applied", "OVERLOADED", "OVERLOADED"]);
    expect(storedUsers()).toEqual(["ada", "u0", "u1", "u2"]);
    await apply("user.create", userPayload("later"));
  });

  it("counts the size of what waits too", async () => {
    await start({ waitingCharactersMax: 10_000 });
    const calls = [1, 2, 3].map((size) => apply("test.fill", { size, padding: "x".repeat(4_000) }));
    expect(await outcomes(calls)).toEqual(["applied", "applied", "OVERLOADED"]);
    await apply("test.fill", { size: 4, padding: "x".repeat(4_000) });
  });
});

describe("failures of the storage", () => {
  it("answers no command of a batch as done when its commit fails", async () => {
    await start();
    const calls = [
      apply("user.create", userPayload("bea")),
      apply("test.break_commit", { size: 0 }),
      apply("user.create", userPayload("cid")),
    ];
    const error = await calls[0]!.catch((refusal: unknown) => refusal);
    expect(error).toMatchObject({
      code: "STORAGE_FAILURE",
      cause: { message: expect.stringContaining("FOREIGN KEY constraint failed") },
    });
    expect(await outcomes(calls)).toEqual(["STORAGE_FAILURE", "STORAGE_FAILURE", "STORAGE_FAILURE"]);
    expect(storedUsers()).toEqual(["ada"]);
    await apply("user.create", userPayload("later"));
    expect(storedUsers()).toEqual(["ada", "later"]);
  });

  it("refuses as NO_SPACE what does not fit on the disk, and keeps what was answered", async () => {
    await start();
    await apply("test.limit_pages", { pages: 20 });
    const calls = [
      apply("user.create", userPayload("bea")),
      apply("test.fill", { size: 200_000 }),
      apply("user.create", userPayload("cid")),
    ];
    const found = await outcomes(calls);
    expect(found[1]).toBe("NO_SPACE");
    const kept = ["ada", "bea", "cid"].filter((id, index) => id === "ada" || found[index === 1 ? 0 : 2] === "applied");
    expect(storedUsers()).toEqual(kept);
    await apply("test.limit_pages", { pages: 1_000 });
    await apply("test.fill", { size: 200_001 });
  });

  it("answers a fault inside a command as INTERNAL, with its causes, and goes on", async () => {
    await start();
    const refused = apply("test.bug", {});
    await expect(refused).rejects.toMatchObject({
      code: "INTERNAL",
      message: expect.stringContaining("test.bug"),
      cause: { name: "TypeError", message: "a bug in a command", cause: { message: "its cause" } },
    });
    await apply("user.create", userPayload("later"));
  });

  it("carries the details of a refusal", async () => {
    await start();
    await apply("ledger.purchase", purchasePayload("p1"));
    const initiate = {
      upload_id: "up1",
      file_id: "f1",
      owner_id: "ada",
      folder_id: null,
      name: "notes.pdf",
      size_bytes: 10,
      chunk_size_bytes: 262_144,
      chunk_count: 1,
      copies: 3,
      media_type: "application/pdf",
      sealed_key: "AAAA",
      expected_sha256: null,
      expected_md5: null,
      reserve_microcredits: "2500000",
      transaction_id: "t1",
      open_uploads_max: 4,
      now_ms: 1,
      expires_at_ms: 10,
    };
    await expect(apply("upload.initiate", initiate)).rejects.toMatchObject({
      code: "INSUFFICIENT_CREDITS",
      details: { required: "2.5", available: "1" },
    });
  });
});

describe("the death of the writer thread", () => {
  it("fails what was pending and what comes later", async () => {
    await start({ batchMax: 2 });
    const calls = [
      apply("user.create", userPayload("bea")),
      apply("test.exit", {}),
      apply("user.create", userPayload("waiting")),
    ];
    expect(await outcomes(calls)).toEqual(["STORAGE_FAILURE", "STORAGE_FAILURE", "STORAGE_FAILURE"]);
    await expect(calls[0]).rejects.toThrow(/may or may not be kept/);
    await expect(calls[2]).rejects.toThrow(/has stopped: restart/);
    await expect(apply("user.create", userPayload("later"))).rejects.toThrow(/has stopped: restart/);
    expect(started().stats()).toMatchObject({ waiting: 0, accepting: false });
    expect(logger.error).toHaveBeenCalledOnce();
    expect(storedUsers()).toEqual(["ada"]);
  });

  it("by a fault outside of every command is told with its cause", async () => {
    await start();
    await apply("test.uncaught", {});
    await vi.waitFor(() => expect(started().stats().accepting).toBe(false), { timeout: 10_000 });
    await expect(apply("user.create", userPayload("later"))).rejects.toMatchObject({
      code: "STORAGE_FAILURE",
      cause: { message: "a fault outside of every command" },
    });
  });

  it("says so when the thread does not start", async () => {
    const spawn = () => new Worker("throw new Error('no such module')", { eval: true });
    await expect(openSqliteWriter({ spawn, logger }, WRITER_LIMITS)).rejects.toMatchObject({
      code: "STORAGE_FAILURE",
      cause: { message: "no such module" },
    });
  });
});
