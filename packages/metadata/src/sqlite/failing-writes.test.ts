import { execFile } from "node:child_process";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createLogger } from "@commonhold/runtime/logger.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { userPayload } from "../commands/payloads.fixture.ts";
import { createDatabaseFolder, type DatabaseFolder } from "./database-folder.fixture.ts";
import { openWriter } from "./open-database.ts";
import { openSqliteMetadata } from "./open-sqlite-metadata.ts";

const FIXTURE = fileURLToPath(new URL("./limited-writer.fixture.ts", import.meta.url));
/** What `ulimit -f` counts in, by POSIX. */
const BLOCK_BYTES = 512;
/** What the log has when it is moved into the database: 2000 pages. */
const LOG_BYTES = 2_000 * 4_096;
const LIMIT_ABOVE_CHECKPOINT = 9_500_000;
const deps = { logger: createLogger({ level: "silent", name: "test" }), clock: systemClock };

interface Variant {
  readonly lanes: number;
  readonly characters: number;
}

interface Outcome {
  readonly file: string;
  readonly acknowledged: readonly string[];
  readonly codes: readonly string[];
}

let folder: DatabaseFolder;
beforeEach(async () => {
  folder = await createDatabaseFolder();
  const metadata = await openSqliteMetadata(deps, { file: folder.file });
  await metadata.apply("user.create", userPayload("ada", { welcome_microcredits: "1000000" }));
  await metadata.close();
});
afterEach(async () => await folder.dispose());

/** The real engine, in a process whose files cannot grow beyond a size: the write that would, fails. */
async function writeWithin(bytesMax: number, variants: readonly Variant[]): Promise<readonly Outcome[]> {
  const databases = variants.map((variant, index) => ({ ...variant, file: join(folder.path, `${index}.db`) }));
  for (const { file } of databases) await copyFile(folder.file, file);
  const script = `ulimit -f ${Math.floor(bytesMax / BLOCK_BYTES)}; exec "$@"`;
  const program = [process.execPath, "--disable-warning=ExperimentalWarning", FIXTURE, JSON.stringify(databases)];
  const { stdout } = await promisify(execFile)("sh", ["-c", script, "sh", ...program]);
  const lines = stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as Outcome);
}

async function expectExactlyAcknowledged({ file, acknowledged, codes }: Outcome): Promise<void> {
  expect(acknowledged.length).toBeGreaterThan(0);
  expect(codes.length).toBeGreaterThan(0);
  for (const code of codes) expect(["NO_SPACE", "STORAGE_FAILURE"]).toContain(code);
  using database = await openWriter(file, 8);
  const all = (query: string) => database.prepare(query).all();
  expect(all("SELECT id FROM uploads ORDER BY id").map((row) => row["id"])).toEqual([...acknowledged].sort());
  expect(all("SELECT balance_microcredits AS sum FROM ledger_accounts WHERE id = 'user:ada:reserved'")).toEqual([
    { sum: acknowledged.length * 7 },
  ]);
  expect(all("PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
  database.exec("DELETE FROM uploads");
}

describe.skipIf(process.platform === "win32")("a write of the engine that fails", () => {
  it("in the log, wherever: exactly what was acknowledged is there, and work goes on when there is room", async () => {
    const variants = [4, 700, 1_500, 4_096, 20_000].flatMap((characters) =>
      [1, 5].map((lanes): Variant => ({ lanes, characters })),
    );
    const outcomes = await writeWithin(500_000, variants);
    expect(outcomes).toHaveLength(variants.length);
    for (const outcome of outcomes) await expectExactlyAcknowledged(outcome);
  });

  it("while the log is moved into the database: nothing acknowledged is lost", async () => {
    const outcomes = await writeWithin(LIMIT_ABOVE_CHECKPOINT, [{ lanes: 4, characters: 120_000 }]);
    expect(outcomes).toHaveLength(1);
    expect(outcomes[0]!.acknowledged.length * 90_000, "bytes, so that the log was moved").toBeGreaterThan(LOG_BYTES);
    for (const outcome of outcomes) await expectExactlyAcknowledged(outcome);
  });
});
