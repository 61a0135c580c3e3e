import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { openTestStore } from "../testing/open-test-store.ts";
import { tempFolder } from "../testing/temp-folder.ts";
import { testChunk } from "../testing/test-chunks.ts";
import { createUnsyncedChunkFiles } from "../testing/unsynced-chunk-files.ts";
import type { ChunkFiles } from "./chunk-files.ts";

const { name, sealed } = testChunk(1);
const pathIn = (folder: string) => join(folder, "chunks", name.slice(0, 1), name.slice(1, 2), name);

/** The file system, where each rename waits until it is let through. */
function gatedFiles(): { readonly files: ChunkFiles; readonly reached: Promise<void>; readonly open: () => void } {
  const real = createUnsyncedChunkFiles(new ManualClock());
  const gate = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  return {
    files: {
      ...real,
      rename: async (from, to) => {
        reached.resolve();
        await gate.promise;
        await real.rename(from, to);
      },
    },
    reached: reached.promise,
    open: () => gate.resolve(),
  };
}

describe("a deletion", () => {
  it.each([
    [5, 6, "deleted"],
    [5, 5, "stored_anew"],
    [6, 5, "stored_anew"],
    [undefined, 1, "deleted"],
    [undefined, undefined, "deleted"],
    [0, undefined, "deleted"],
    [1, undefined, "stored_anew"],
  ] as const)("of what was stored under epoch %s, under %s: %s", async (stored, deletion, outcome) => {
    const folder = tempFolder();
    const store = await openTestStore(folder);
    await store.store(name, sealed, { epoch: stored });
    expect(await store.delete(name, deletion)).toBe(outcome);
    expect(existsSync(pathIn(folder))).toBe(outcome === "stored_anew");
    expect(await store.holds(name)).toBe(outcome === "stored_anew");
    await store.close();
  });

  it("of what is not held says so", async () => {
    const store = await openTestStore(tempFolder());
    expect(await store.delete(name, 9)).toBe("not_held");
    await store.close();
  });

  it("waits for a store under way, and leaves it where that was granted later", async () => {
    for (const [epoch, outcome] of [
      [7, "stored_anew"],
      [6, "deleted"],
    ] as const) {
      const folder = tempFolder();
      const { files, reached, open } = gatedFiles();
      const store = await openTestStore(folder, { files });
      const storing = store.store(name, sealed, { epoch });
      await reached;
      let settled = false;
      const deleting = store.delete(name, 7).finally(() => {
        settled = true;
      });
      await new Promise(setImmediate);
      expect(settled).toBe(false);
      open();
      expect(await storing).toEqual({ alreadyHeld: false });
      expect(await deleting).toBe(outcome);
      expect(existsSync(pathIn(folder))).toBe(outcome === "stored_anew");
      await store.close();
    }
  });

  it("that comes after the chunk was stored once more is fenced by the later store", async () => {
    const folder = tempFolder();
    const store = await openTestStore(folder);
    await store.store(name, sealed, { epoch: 3 });
    expect(await store.store(name, sealed, { epoch: 8 })).toEqual({ alreadyHeld: true });
    expect(await store.storeMany([{ chunkName: name, sealed }], { epoch: 5 })).toEqual([
      { status: "fulfilled", value: { alreadyHeld: true } },
    ]);
    expect(await store.delete(name, 8)).toBe("stored_anew");
    await store.close();
    const reopened = await openTestStore(folder);
    expect(await reopened.delete(name, 8)).toBe("stored_anew");
    expect(await reopened.confirm(name, { epoch: 9 })).toBe(true);
    expect(await reopened.delete(name, 9)).toBe("stored_anew");
    expect(await reopened.delete(name, 10)).toBe("deleted");
    await reopened.close();
  });

  it("keeps to the epochs after the node was killed, and knows none where the index is lost", async () => {
    const folder = tempFolder();
    const store = await openTestStore(folder);
    await store.store(name, sealed, { epoch: 5, own: true });
    await store.close();
    writeFileSync(join(folder, "store-open"), "");
    const killed = await openTestStore(folder);
    expect(killed.list({ limit: 1 }).items[0]).toMatchObject({ epoch: 5, own: true });
    expect(await killed.delete(name, 5)).toBe("stored_anew");
    await killed.close();
    rmSync(join(folder, "index.db"));
    const lost = await openTestStore(folder);
    expect(lost.list({ limit: 1 }).items[0]).toMatchObject({ name, epoch: undefined, own: undefined });
    expect(await lost.delete(name, 1)).toBe("deleted");
    await lost.close();
  });

  it("of a chunk whose epoch cannot be noted does not happen, as the store is refused", async () => {
    const folder = tempFolder();
    const store = await openTestStore(folder);
    await store.store(name, sealed, { epoch: 1 });
    const other = new DatabaseSync(join(folder, "index.db"));
    other.exec("BEGIN IMMEDIATE");
    await expect(store.store(name, sealed, { epoch: 2 })).rejects.toMatchObject({ code: "STORAGE_FAILURE" });
    other.exec("ROLLBACK");
    other.close();
    expect(await store.holds(name)).toBe(true);
    expect(await store.delete(name, 2)).toBe("deleted");
    await store.close();
  });

  it("never takes away what was stored under its epoch or a later one, in whatever order things come", async () => {
    const step = fc.record({ kind: fc.constantFrom("store", "delete"), epoch: fc.integer({ min: 0, max: 6 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), fc.boolean(), async (steps, atOnce) => {
        const folder = tempFolder();
        const store = await openTestStore(folder);
        const run = async ({ kind, epoch }: (typeof steps)[number]) =>
          kind === "store" ? await store.store(name, sealed, { epoch }) : await store.delete(name, epoch + 1);
        if (atOnce) await Promise.all(steps.map(run));
        else for (const each of steps) await run(each);
        // Turns are taken in the order in which they were asked for.
        let held: number | undefined;
        for (const { kind, epoch } of steps) {
          if (kind === "store") held = Math.max(held ?? 0, epoch);
          else if (held !== undefined && held < epoch + 1) held = undefined;
        }
        expect(await store.holds(name)).toBe(held !== undefined);
        if (held !== undefined) expect(store.list({ limit: 1 }).items[0]?.epoch).toBe(held);
        await store.close();
        rmSync(folder, { recursive: true, force: true });
      }),
      { numRuns: 25 },
    );
  });
});
