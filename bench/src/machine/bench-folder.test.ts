import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openBenchFolder } from "./bench-folder.ts";

async function baseFolder(): Promise<string> {
  const base = await mkdtemp(join(tmpdir(), "bench-folder-"));
  onTestFinished(() => rm(base, { recursive: true }));
  return base;
}

/** The id of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await once(child, "exit");
  return child.pid!;
}

test("what killed runs left is removed, and nothing else", async () => {
  const base = await baseFolder();
  const left = `commonhold-bench-${await deadPid()}-abc`;
  const running = `commonhold-bench-${process.pid}-abc`;
  for (const name of [left, running, "commonhold-bench-notes"]) await mkdir(join(base, name));
  await writeFile(join(base, left, "chunk"), "bytes");
  const folder = await openBenchFolder(base);
  expect(await readdir(base)).toEqual(expect.arrayContaining([running, "commonhold-bench-notes"]));
  expect(await readdir(base)).toHaveLength(3);
  await folder.remove();
  expect(await readdir(base)).toHaveLength(2);
});

test("logs can be kept beyond it", async () => {
  const base = await baseFolder();
  const folder = await openBenchFolder(base);
  await mkdir(join(folder.path, "logs"));
  await writeFile(join(folder.path, "logs", "node-1.log"), "line");
  const kept = await folder.keepLogs(join(folder.path, "logs"));
  await folder.remove();
  expect(await readdir(kept)).toEqual(["node-1.log"]);
  await (await openBenchFolder(base)).remove();
  expect(await readdir(kept)).toEqual(["node-1.log"]);
});

test("room that the disk does not have is refused", async () => {
  const folder = await openBenchFolder(await baseFolder());
  await expect(folder.requireRoom(1e18)).rejects.toThrow("--data");
});
