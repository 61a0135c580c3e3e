import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "@commonhold/core/app-error.ts";
import { describe, expect, it } from "vitest";
import { eventually } from "../testing/eventually.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { openTestStore, silentLogger } from "../testing/open-test-store.ts";
import { SteppedSleep } from "../testing/stepped-sleep.ts";
import { tempFolder } from "../testing/temp-folder.ts";
import { sha256NameOf, testChunk } from "../testing/test-chunks.ts";
import { Scrub, type ScrubDeps } from "./scrub.ts";

async function scrubOver(count: number, parts: Partial<ScrubDeps> = {}) {
  const folder = tempFolder();
  const store = await openTestStore(folder);
  const chunks = Array.from({ length: count }, (_, seed) => testChunk(seed, 1000));
  for (const { name, sealed } of chunks) await store.store(name, sealed);
  const pauses: number[] = [];
  const scrub = new Scrub(
    {
      store,
      nameOf: sha256NameOf,
      sleep: async (ms) => void pauses.push(ms),
      clock: new ManualClock(),
      logger: silentLogger,
      ...parts,
    },
    { bytesPerSecond: 2000 },
  );
  return { folder, store, chunks, pauses, scrub };
}

describe("a scrub", () => {
  it("reads every chunk, at its pace", async () => {
    const { store, pauses, scrub } = await scrubOver(300);
    expect(scrub.state.kind).toBe("idle");
    scrub.start();
    expect(scrub.state.kind).toBe("running");
    await scrub.finished();
    expect(scrub.state).toMatchObject({ kind: "finished", checkedCount: 300, checkedBytes: 300_000, corruptCount: 0 });
    expect(pauses).toEqual(Array.from({ length: 300 }, () => 500));
    await store.close();
  });

  it("finds rotten and shortened chunks and takes them out of service", async () => {
    const { folder, store, chunks, scrub } = await scrubOver(5);
    const [rotten, short] = [chunks[1]!.name, chunks[3]!.name];
    const pathOf = (name: string) => join(folder, "chunks", name.slice(0, 1), name.slice(1, 2), name);
    writeFileSync(pathOf(rotten), Buffer.alloc(1000, 9));
    writeFileSync(pathOf(short), "short");
    scrub.start();
    await scrub.finished();
    expect(scrub.state).toMatchObject({ kind: "finished", checkedCount: 5, corruptCount: 2, unreadableCount: 0 });
    expect([...scrub.state.corrupt].sort()).toEqual([rotten, short].sort());
    await expect(store.read(rotten)).rejects.toMatchObject({ code: "CHUNK_CORRUPT" });
    expect(store.list({ limit: 10 }).items).toHaveLength(3);
    await store.close();
  });

  it("tells chunks that the disk refuses apart and goes on", async () => {
    const { store, chunks } = await scrubOver(3);
    const scrub = new Scrub(
      {
        store: {
          list: (page) => store.list(page),
          markDamaged: (name) => store.markDamaged(name),
          read: (name) =>
            name === chunks[0]!.name ? Promise.reject(new AppError("STORAGE_FAILURE", "bad sector")) : store.read(name),
        },
        nameOf: sha256NameOf,
        sleep: async () => undefined,
        clock: new ManualClock(),
        logger: silentLogger,
      },
      { bytesPerSecond: 1 },
    );
    scrub.start();
    await scrub.finished();
    expect(scrub.state).toMatchObject({
      kind: "finished",
      checkedCount: 3,
      corruptCount: 0,
      unreadable: [chunks[0]!.name],
    });
    await store.close();
  });

  it("runs once at a time, can be stopped, and starts no more then", async () => {
    const pause = new SteppedSleep();
    const { store, scrub } = await scrubOver(3, { sleep: pause.sleep });
    scrub.start();
    scrub.start();
    await eventually(() => pause.isAsleep).toBe(true);
    expect(scrub.state.checkedCount).toBe(1);
    await scrub.stop();
    expect(scrub.state).toMatchObject({ kind: "stopped", checkedCount: 1 });
    scrub.start();
    expect(scrub.state.kind).toBe("stopped");
    await store.close();
  });

  it("can be run again after it ended", async () => {
    const { store, chunks, scrub } = await scrubOver(3);
    scrub.start();
    await scrub.finished();
    await store.delete(chunks[0]!.name);
    scrub.start();
    await scrub.finished();
    expect(scrub.state).toMatchObject({ kind: "finished", checkedCount: 2 });
    await store.close();
  });
});
