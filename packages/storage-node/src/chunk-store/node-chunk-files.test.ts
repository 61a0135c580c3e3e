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

  it("appends, syncs, cuts off, reads and writes over here and there", async () => {
    const path = join(tempFolder(), "pack");
    const first = await files.openAppending(path);
    await first.write(Buffer.from("0123456789"));
    await first.truncate(4);
    await first.write(Buffer.alloc(200_000, "x"));
    syncs.length = 0;
    await first.sync();
    await first.close();
    const again = await files.openAppending(path);
    await again.write(Buffer.from("end"));
    await again.close();
    expect(syncs).toHaveLength(1);
    expect(statSync(path)).toMatchObject({ size: 200_007 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await files.overwrite(path, 2, Buffer.from("AB"));
    const file = (await files.openReading(path))!;
    const target = Buffer.alloc(8);
    expect([await file.read(0, target), target.toString()]).toEqual([8, "01ABxxxx"]);
    expect([await file.read(200_003, target), target.toString("utf8", 0, 4)]).toEqual([4, "xend"]);
    expect(await file.read(200_007, target)).toBe(0);
    expect(await file.read(0, Buffer.alloc(300_000))).toBe(200_007);
    await file.close();
  });

  it("does not take a file for synced that was removed meanwhile", async () => {
    const path = join(tempFolder(), "pack");
    const file = await files.openAppending(path);
    await file.write(Buffer.from("lost"));
    await files.remove(path);
    await expect(file.sync()).rejects.toThrow("removed");
    await file.close();
    expect(await files.openReading(path)).toBeUndefined();
    await expect(files.overwrite(path, 0, Buffer.from("x"))).rejects.toMatchObject({ code: "ENOENT" });
  });

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
