import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { describe, expect, it } from "vitest";
import { tempFolder } from "../testing/temp-folder.ts";
import type { FolderEntry } from "./chunk-files.ts";
import { createNodeChunkFiles } from "./node-chunk-files.ts";

async function listed(entries: AsyncIterable<FolderEntry>): Promise<readonly FolderEntry[]> {
  const all: FolderEntry[] = [];
  for await (const entry of entries) all.push(entry);
  return all.sort((a, b) => (a.name < b.name ? -1 : 1));
}

describe("the real file system", () => {
  const syncs: number[] = [];
  const files = createNodeChunkFiles({ clock: systemClock, onSync: (durationMs) => void syncs.push(durationMs) });

  it("writes, syncs, renames and reads back", async () => {
    const folder = tempFolder();
    const bytes = Buffer.alloc(3_000_000, "chunk");
    const file = await files.create(join(folder, "a"));
    await file.write(bytes.subarray(0, 1_000_000));
    await file.write(bytes.subarray(1_000_000));
    syncs.length = 0;
    await file.sync();
    await file.close();
    await files.rename(join(folder, "a"), join(folder, "b"));
    await files.syncFolder(folder);
    expect(syncs).toHaveLength(2);
    expect(Buffer.compare(readFileSync(join(folder, "b")), bytes)).toBe(0);
    expect(statSync(join(folder, "b")).mode & 0o777).toBe(0o600);
    for (const lengthMax of [1, 2_999_999, 3_000_000, 3_000_001]) {
      const read = await files.read(join(folder, "b"), new Uint8Array(lengthMax));
      expect(Buffer.compare(read!, bytes.subarray(0, lengthMax))).toBe(0);
    }
    expect(await files.facts(join(folder, "b"))).toEqual({
      sizeBytes: 3_000_000,
      modifiedAtMs: Math.trunc(statSync(join(folder, "b")).mtimeMs),
    });
  });

  it("creates only what is not there", async () => {
    const path = join(tempFolder(), "a");
    writeFileSync(path, "mine");
    await expect(files.create(path)).rejects.toMatchObject({ code: "EEXIST" });
    expect(readFileSync(path, "utf8")).toBe("mine");
  });

  it("tells what is missing from what fails", async () => {
    const folder = tempFolder();
    const missing = join(folder, "missing");
    expect(await files.read(missing, new Uint8Array(1))).toBeUndefined();
    expect(await files.facts(missing)).toBeUndefined();
    expect(await files.remove(missing)).toBe(false);
    expect(await listed(files.entries(missing))).toEqual([]);
    writeFileSync(join(folder, "file"), "x");
    await expect(files.read(join(folder, "file", "below"), new Uint8Array(1))).rejects.toMatchObject({
      code: "ENOTDIR",
    });
    await expect(files.makeFolder(join(folder, "missing", "below"))).rejects.toMatchObject({ code: "ENOENT" });
    expect(await files.remove(join(folder, "file"))).toBe(true);
  });

  it("makes folders for their owner, once or again", async () => {
    const path = join(tempFolder(), "chunks");
    await files.makeFolder(path);
    await files.makeFolder(path);
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  it("lists what a folder holds, and takes no link for a chunk", async () => {
    const folder = tempFolder();
    mkdirSync(join(folder, "ab"));
    writeFileSync(join(folder, "file"), "x");
    symlinkSync(join(folder, "file"), join(folder, "link"));
    const entries = await listed(files.entries(folder));
    expect(entries).toEqual([
      { name: "ab", kind: "folder" },
      { name: "file", kind: "file" },
      { name: "link", kind: "other" },
    ]);
    expect(await files.facts(join(folder, "link"))).toBeUndefined();
    expect(await files.facts(join(folder, "ab"))).toBeUndefined();
  });

  it("knows how much is free", async () => {
    const free = await files.freeBytes(tempFolder());
    expect(Number.isSafeInteger(free) && free > 0).toBe(true);
  });
});
