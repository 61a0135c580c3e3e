import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDataFolder } from "./data-folder.ts";

let parent: string;
let folder: string;
const holders: ChildProcess[] = [];

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "commonhold-data-folder-"));
  folder = join(parent, "deep", "data");
});
afterEach(async () => {
  await Promise.all(holders.splice(0).map(killHard));
  await rm(parent, { recursive: true, force: true });
});

/** A process of its own that holds the folder until it is killed. */
async function startHolder(path: string): Promise<ChildProcess> {
  const program = `
    const { openDataFolder } = await import(process.argv[1]);
    openDataFolder(process.argv[2]);
    globalThis.gc();
    process.stdout.write("held");
    setInterval(() => {}, 60_000);`;
  const flags = ["--expose-gc", "--disable-warning=ExperimentalWarning", "--input-type=module", "-e", program];
  const module = new URL("./data-folder.ts", import.meta.url).href;
  const holder = spawn(process.execPath, [...flags, module, path], { stdio: ["ignore", "pipe", "inherit"] });
  holders.push(holder);
  await once(holder.stdout, "data");
  return holder;
}

async function killHard(holder: ChildProcess): Promise<void> {
  if (holder.exitCode !== null || holder.signalCode !== null) return;
  const ended = once(holder, "exit");
  holder.kill("SIGKILL");
  await ended;
}

describe("openDataFolder", () => {
  it("makes nothing that others may open, whatever the umask: who can open the lock can hold it", async () => {
    await mkdir(folder, { recursive: true, mode: 0o755 });
    const umask = process.umask(0);
    const data = await openDataFolder(folder);
    process.umask(umask);
    const names = await readdir(folder);
    expect(names).toEqual(expect.arrayContaining(["lock.db", "lock.pid", ".gitignore"]));
    for (const name of names) expect([name, (await stat(join(folder, name))).mode & 0o777]).toEqual([name, 0o600]);
    await data.release();
  });

  it("creates the folder for its owner alone", async () => {
    const data = await openDataFolder(folder);
    expect(data.path).toBe(folder);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    await data.release();
  });

  it("is refused while another process holds it, by that process's pid, and works after kill -9", async () => {
    const holder = await startHolder(folder);
    const refused = { code: "ALREADY_RUNNING", details: { path: folder, pid: holder.pid } };
    await expect(openDataFolder(folder)).rejects.toMatchObject(refused);
    await expect(openDataFolder(folder)).rejects.toThrow(`process ${holder.pid}`);
    await killHard(holder);
    expect(await readdir(folder)).toContain("lock.pid");
    const data = await openDataFolder(folder);
    await data.release();
  });

  it("keeps another process out, and lets it in after the release", async () => {
    const data = await openDataFolder(folder);
    await expect(openDataFolder(folder)).rejects.toMatchObject({ details: { pid: process.pid } });
    await data.release();
    await data.release();
    const holder = await startHolder(folder);
    await expect(openDataFolder(folder)).rejects.toMatchObject({ details: { pid: holder.pid } });
  });

  it("is not deceived by a pid file without its process, nor by a damaged one", async () => {
    await (await openDataFolder(folder)).release();
    await writeFile(join(folder, "lock.pid"), `${process.ppid}\n`);
    const data = await openDataFolder(folder);
    await writeFile(join(folder, "lock.pid"), "no number");
    await expect(openDataFolder(folder)).rejects.toThrow("in use by another process");
    await data.release();
  });

  it("of several starts at once exactly one wins", async () => {
    const attempts = await Promise.allSettled(Array.from({ length: 4 }, () => openDataFolder(folder)));
    const winners = attempts.filter((attempt) => attempt.status === "fulfilled");
    expect(winners).toHaveLength(1);
    await winners[0]!.value.release();
  });

  it("keeps its content out of git, and leaves a .gitignore that is there as it is", async () => {
    await (await openDataFolder(folder)).release();
    const file = join(folder, ".gitignore");
    expect(await readFile(file, "utf8")).toBe("*\n");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await writeFile(file, "mine\n");
    await (await openDataFolder(folder)).release();
    expect(await readFile(file, "utf8")).toBe("mine\n");
  });

  it("takes back what opening it made, on request", async () => {
    const data = await openDataFolder(folder);
    await data.withdraw();
    await data.withdraw();
    await data.release();
    expect(await readdir(parent)).toEqual([]);
    await mkdir(folder, { recursive: true });
    await (await openDataFolder(folder)).withdraw();
    expect(await readdir(folder)).toEqual([]);
    await (await openDataFolder(folder)).release();
    const before = await readdir(folder);
    await (await openDataFolder(folder)).withdraw();
    expect(await readdir(folder)).toEqual(before);
  });

  it("keeps what others put there when it takes back", async () => {
    const data = await openDataFolder(folder);
    await writeFile(join(folder, "theirs"), "");
    await data.withdraw();
    expect(await readdir(folder)).toEqual(["theirs"]);
  });

  it("says so where a file stands in the way", async () => {
    await writeFile(join(parent, "deep"), "");
    await expect(openDataFolder(folder)).rejects.toMatchObject({ code: "STORAGE_FAILURE" });
  });
});
