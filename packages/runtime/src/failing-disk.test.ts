import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { writeFileDurably } from "./atomic-file.ts";
import { openDataFolder } from "./data-folder.ts";
import { readOrCreateSecretFile, writeSecretFile } from "./secret-file.ts";
import type { FileSystemFaults } from "./testing/failing-fs.ts";

const { faults } = vi.hoisted(() => ({ faults: {} as { current: FileSystemFaults } }));
vi.mock("node:fs/promises", async (importOriginal) => {
  const { createFailingFileSystem, FileSystemFaults } = await import("./testing/failing-fs.ts");
  faults.current = new FileSystemFaults();
  return createFailingFileSystem(await importOriginal(), faults.current);
});

const NEVER = Number.POSITIVE_INFINITY;
const OLD = "old content ".repeat(1000);
const NEW = "new content ".repeat(2000);
const CODES = { EIO: "STORAGE_FAILURE", EROFS: "STORAGE_FAILURE", ENOSPC: "NO_SPACE", EDQUOT: "NO_SPACE" } as const;

let folder: string;
let path: string;
beforeEach(async () => {
  faults.current.stop();
  folder = await mkdtemp(join(tmpdir(), "commonhold-failing-disk-"));
  path = join(folder, "file");
});
afterEach(async () => {
  faults.current.stop();
  await rm(folder, { recursive: true });
});

/** Calls that the work makes where none fails. */
async function callsOf(work: () => Promise<unknown>): Promise<readonly string[]> {
  faults.current.stop();
  await work();
  return [...faults.current.calls];
}

describe.each([
  ["that one alone", (n: number) => n],
  ["and all that follow", () => NEVER],
])("the n-th call to the file system failing, %s", (_, until) => {
  it.each(Object.entries(CODES))(
    "by %s: a file that is replaced is the old one or the new one, whole",
    async (errno, code) => {
      await writeFile(path, OLD);
      const calls = await callsOf(() => writeFileDurably(path, NEW));
      expect(calls).toEqual(["open", "writeFile", "sync", "close", "rename", "open", "sync", "close"]);
      for (let n = 1; n <= calls.length; n++) {
        await writeFile(path, OLD);
        faults.current.failAt(n, until(n), errno);
        await expect(writeFileDurably(path, NEW), `call ${n}`).rejects.toMatchObject({ code });
        faults.current.stop();
        expect(await readFile(path, "utf8"), `call ${n}`).toBe(n <= 5 ? OLD : NEW);
        // What could not be removed either stays for the next start.
        if (until(n) === n) expect(await readdir(folder), `call ${n}`).toEqual(["file"]);
        await writeFileDurably(path, NEW);
        expect(await readFile(path, "utf8")).toBe(NEW);
        await rm(folder, { recursive: true });
        await mkdir(folder);
      }
    },
  );

  it.each(Object.entries(CODES))(
    "by %s: a secret is there whole, or not at all, and stays as it is once made",
    async (errno, code) => {
      const make = () => "s".repeat(64);
      const calls = await callsOf(() => readOrCreateSecretFile(path, make));
      expect(calls).toContain("link");
      for (let n = 1; n <= calls.length; n++) {
        await rm(path, { force: true });
        faults.current.failAt(n, until(n), errno);
        const outcome = await readOrCreateSecretFile(path, make).catch((error: unknown) => error);
        faults.current.stop();
        if (!(outcome instanceof Uint8Array)) expect(outcome, `call ${n}`).toMatchObject({ code });
        const there = await readFile(path, "utf8").catch(() => undefined);
        expect([undefined, make()], `call ${n}`).toContain(there);
        if (until(n) === n && calls[n - 1] !== "rm") {
          expect(
            (await readdir(folder)).filter((name) => name !== "file"),
            `call ${n}`,
          ).toEqual([]);
        }
        const other = await readOrCreateSecretFile(path, () => "t".repeat(64));
        expect(Buffer.from(other).toString()).toBe(there ?? "t".repeat(64));
        for (const name of await readdir(folder)) await rm(join(folder, name));
      }
    },
  );

  it("a secret that is replaced is the old one or the new one, whole", async () => {
    const calls = await callsOf(() => writeSecretFile(path, NEW));
    for (let n = 1; n <= calls.length; n++) {
      await writeSecretFile(path, OLD);
      faults.current.failAt(n, until(n));
      await expect(writeSecretFile(path, NEW)).rejects.toMatchObject({ code: "STORAGE_FAILURE" });
      faults.current.stop();
      expect([OLD, NEW]).toContain(await readFile(path, "utf8"));
    }
  });
});

describe("a temporary file that a killed process left", () => {
  it("is removed when its data folder is opened again, and nothing else is", async () => {
    faults.current.failAt(3, NEVER);
    await expect(writeFileDurably(path, NEW)).rejects.toMatchObject({ code: "STORAGE_FAILURE" });
    faults.current.stop();
    expect(await readdir(folder)).toEqual([expect.stringMatching(/^\.file\..*\.tmp$/)]);
    const others = [".file.tmp", "notes.tmp", `.${"0".repeat(8)}.tmp`];
    for (const name of others) await writeFile(join(folder, name), "mine");
    const data = await openDataFolder(folder);
    expect((await readdir(folder)).filter((name) => name.endsWith(".tmp")).sort()).toEqual(others.sort());
    await data.release();
  });
});
