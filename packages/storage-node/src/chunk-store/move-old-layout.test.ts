import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { describe, expect, it } from "vitest";
import { createFailingChunkFiles } from "../testing/failing-chunk-files.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { openTestStore } from "../testing/open-test-store.ts";
import { tempFolder } from "../testing/temp-folder.ts";
import { testChunk } from "../testing/test-chunks.ts";
import { createUnsyncedChunkFiles } from "../testing/unsynced-chunk-files.ts";

const chunks = Array.from({ length: 40 }, (_, seed) => testChunk(seed, 300 + seed));

/** A store as version 0.1.0 left it at first: by the first four digits. */
async function oldStore(): Promise<string> {
  const folder = tempFolder();
  const store = await openTestStore(folder);
  for (const { name, sealed } of chunks) await store.store(name, sealed);
  await store.close();
  for (const { name } of chunks) {
    const leaf = join(folder, "chunks", name.slice(0, 2), name.slice(2, 4));
    mkdirSync(leaf, { recursive: true });
    renameSync(join(folder, "chunks", name.charAt(0), name.charAt(1), name), join(leaf, name));
  }
  return folder;
}

async function expectAll(folder: string): Promise<void> {
  const store = await openTestStore(folder);
  for (const { name, sealed } of chunks) expect(Buffer.compare(await store.read(name), sealed)).toBe(0);
  expect(store.list({ limit: 100 }).items.map((item) => item.name)).toEqual(
    chunks.map((chunk) => chunk.name as ChunkName).toSorted(),
  );
  await store.close();
  expect(readdirSync(join(folder, "chunks")).every((name) => name.length === 1)).toBe(true);
}

describe("a store of the first layout", () => {
  it("has its chunks moved at the start, and its old folders removed", async () => {
    await expectAll(await oldStore());
  });

  it("loses nothing when the move is broken off by any failing call", async () => {
    for (let n = 1; ; n++) {
      const folder = await oldStore();
      const files = createFailingChunkFiles(createUnsyncedChunkFiles(new ManualClock()));
      files.failAt(n);
      const opened = await openTestStore(folder, { files })
        .then((store) => store.close())
        .then(
          () => true,
          () => false,
        );
      await expectAll(folder);
      if (opened && files.calls.length < n) break;
      n += 6;
    }
  });

  it("leaves what is no chunk where it is", async () => {
    const folder = await oldStore();
    const strange = join(folder, "chunks", "ab", "cd", "notes.txt");
    mkdirSync(join(folder, "chunks", "ab", "cd"), { recursive: true });
    writeFileSync(strange, "mine");
    await (await openTestStore(folder)).close();
    expect(existsSync(strange)).toBe(true);
  });
});
