import { rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openPackedStore } from "../../testing/open-packed-store.ts";
import { tempFolder } from "../../testing/temp-folder.ts";
import { testChunk } from "../../testing/test-chunks.ts";
import { allNames, expectWholeStore } from "../../testing/whole-store.ts";

const [kept, cut, ...later] = Array.from({ length: 6 }, (_, seed) => testChunk(seed, 928 + seed));

/** What a disk that lied of its fsync, or somebody's hand, leaves of the newest pack: two records, the second torn. */
async function shortened(cutBytes: number): Promise<string> {
  const folder = tempFolder();
  const store = await openPackedStore(folder);
  await store.store(kept!.name, kept!.sealed);
  await store.store(cut!.name, cut!.sealed);
  await store.close();
  const pack = join(folder, "packs", "0000000001.pack");
  truncateSync(pack, statSync(pack).size - cutBytes);
  writeFileSync(join(folder, "store-open"), "");
  return folder;
}

describe("a newest pack that is shorter than it was", () => {
  it.each([8, 11, 500, 900, 990])(
    "loses its torn record, by %i bytes, and none that is stored later",
    async (cutBytes) => {
      const folder = await shortened(cutBytes);
      const store = await openPackedStore(folder);
      expect(store.losses(10)).toMatchObject([{ name: cut!.name, why: "missing" }]);
      store.acknowledgeLosses(store.losses(10));
      for (const { name, sealed } of later) await store.store(name, sealed);
      await store.close();
      const held = [kept!, ...later].map(({ name }) => name).sort();
      for (const wiped of [false, true]) {
        if (wiped) rmSync(join(folder, "index.db"));
        const next = await openPackedStore(folder);
        expect(allNames(next), `wiped ${wiped}`).toEqual(held);
        await expectWholeStore(next, folder);
        await next.close();
      }
    },
  );

  it("is left alone where not even its beginning is there any more", async () => {
    const folder = await shortened(2026);
    const store = await openPackedStore(folder);
    expect(store.losses(10)).toHaveLength(2);
    for (const { name, sealed } of later) await store.store(name, sealed);
    await store.close();
    rmSync(join(folder, "index.db"));
    const next = await openPackedStore(folder);
    expect(allNames(next)).toEqual(later.map(({ name }) => name).sort());
    await expectWholeStore(next, folder);
    await next.close();
  });
});
