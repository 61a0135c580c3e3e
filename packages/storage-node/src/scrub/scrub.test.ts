import { mkdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { describe, expect, it } from "vitest";
import { eventually } from "../testing/eventually.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { openTestStore, silentLogger } from "../testing/open-test-store.ts";
import { SteppedSleep } from "../testing/stepped-sleep.ts";
import { tempFolder } from "../testing/temp-folder.ts";
import { testChunk } from "../testing/test-chunks.ts";
import { Scrub, type ScrubDeps } from "./scrub.ts";
import { createScrubJournal } from "./scrub-journal.ts";

const pathOf = (folder: string, name: ChunkName) => join(folder, "chunks", name.slice(0, 1), name.slice(1, 2), name);

async function scrubOver(count: number, parts: Partial<ScrubDeps> = {}) {
  const folder = tempFolder();
  const clock = new ManualClock();
  const store = await openTestStore(folder, { clock });
  const chunks = Array.from({ length: count }, (_, seed) => testChunk(seed, 1000));
  for (const { name, sealed } of chunks) await store.store(name, sealed);
  const pauses: number[] = [];
  const open = (changes: Partial<ScrubDeps> = {}) =>
    Scrub.open(
      {
        store,
        journal: createScrubJournal(folder),
        sleep: async (ms) => void pauses.push(ms),
        clock,
        logger: silentLogger,
        ...parts,
        ...changes,
      },
      { bytesPerSecond: 2000 },
    );
  const sorted = chunks.map(({ name }) => name).sort();
  return { folder, store, chunks, sorted, clock, pauses, open, scrub: await open() };
}

describe("a scrub", () => {
  it("reads every chunk, at its pace", async () => {
    const { store, pauses, scrub, clock } = await scrubOver(300);
    expect(scrub.state).toMatchObject({ kind: "idle", progress: 0, last: null });
    scrub.start();
    expect(scrub.state).toMatchObject({ kind: "running", startedAtMs: clock.nowMs() });
    await scrub.finished();
    expect(scrub.state).toMatchObject({
      kind: "finished",
      progress: 1,
      findings: { checked: 300, checked_bytes: 300_000, corrupt_count: 0, missing_count: 0, found_count: 0 },
      last: { finished_at_ms: clock.nowMs() },
    });
    expect(pauses).toEqual(Array.from({ length: 300 }, () => 500));
    await store.close();
  });

  it("does not count as a use of what it reads", async () => {
    const { store, chunks, scrub } = await scrubOver(2);
    scrub.start();
    await scrub.finished();
    expect(store.list({ limit: 10 }).items.map(({ lastReadAtMs }) => lastReadAtMs)).toEqual([undefined, undefined]);
    await store.read(chunks[0]!.name);
    await store.close();
  });

  it("finds rotten, shortened and missing chunks, takes them out of service and has them reported", async () => {
    const { folder, store, chunks, scrub } = await scrubOver(6);
    let changes = 0;
    store.watch(() => changes++);
    const [rotten, short, gone] = [chunks[1]!.name, chunks[3]!.name, chunks[5]!.name];
    writeFileSync(pathOf(folder, rotten), Buffer.alloc(1000, 9));
    writeFileSync(pathOf(folder, short), "short");
    unlinkSync(pathOf(folder, gone));
    scrub.start();
    await scrub.finished();
    const { findings } = scrub.state;
    expect(findings).toMatchObject({ checked: 4, corrupt_count: 2, missing_count: 1, missing: [gone] });
    expect([...findings.corrupt].sort()).toEqual([rotten, short].sort());
    await expect(store.read(rotten)).rejects.toMatchObject({ code: "CHUNK_CORRUPT" });
    expect(store.list({ limit: 10 }).items).toHaveLength(3);
    expect(
      store
        .losses(10)
        .map(({ name, why }) => `${why} ${name}`)
        .sort(),
    ).toEqual([`damaged ${rotten}`, `damaged ${short}`, `missing ${gone}`].sort());
    expect(changes).toBeGreaterThan(0);
    await store.close();
  });

  it("holds chunks again that have a file and no row, and leaves files alone that are something else", async () => {
    const { folder, store, chunks, scrub } = await scrubOver(2);
    const forgotten = testChunk(77, 1000);
    const [impostor, branch] = [testChunk(78, 1000).name, chunks[0]!.name];
    const put = (name: ChunkName, bytes: Uint8Array) => {
      mkdirSync(join(pathOf(folder, name), ".."), { recursive: true });
      writeFileSync(pathOf(folder, name), bytes);
    };
    put(forgotten.name, forgotten.sealed);
    put(impostor, Buffer.alloc(1000, 1));
    writeFileSync(join(pathOf(folder, branch), "..", "notes.txt"), "mine");
    scrub.start();
    await scrub.finished();
    expect(scrub.state.findings).toMatchObject({ found_count: 1, checked: 3, corrupt_count: 0, missing_count: 0 });
    expect(Buffer.compare(await store.read(forgotten.name), forgotten.sealed)).toBe(0);
    await expect(store.read(impostor)).rejects.toMatchObject({ code: "CHUNK_NOT_FOUND" });
    expect(readFileSync(pathOf(folder, impostor))).toHaveLength(1000);
    expect(store.losses(10)).toEqual([]);
    await store.close();
  });

  it("tells chunks that the disk refuses apart and goes on", async () => {
    const { store, sorted, open } = await scrubOver(3);
    const scrub = await open({
      store: {
        list: (page) => store.list(page),
        compareBucket: (bucket) => store.compareBucket(bucket),
        verify: async (name) => (name === sorted[0] ? { kind: "unreadable" } : await store.verify(name)),
      },
    });
    scrub.start();
    await scrub.finished();
    expect(scrub.state).toMatchObject({
      kind: "finished",
      findings: { checked: 3, corrupt_count: 0, unreadable_count: 1, unreadable: [sorted[0]] },
    });
    await store.close();
  });

  it("that fails goes on where it was at the next try", async () => {
    const { store, sorted, open } = await scrubOver(5);
    let isBroken = true;
    const read: ChunkName[] = [];
    const scrub = await open({
      store: {
        list: (page) => store.list(page),
        compareBucket: (bucket) => store.compareBucket(bucket),
        verify: async (name) => {
          if (isBroken && name === sorted[2]) throw new AppError("STORAGE_FAILURE", "too many open files");
          read.push(name);
          return await store.verify(name);
        },
      },
    });
    scrub.start();
    await scrub.finished();
    expect(scrub.state).toMatchObject({ kind: "failed", findings: { checked: 2 }, last: null });
    expect(scrub.isInterrupted).toBe(true);
    isBroken = false;
    scrub.resume();
    await scrub.finished();
    expect(scrub.state).toMatchObject({ kind: "finished", findings: { checked: 5 } });
    expect(read).toEqual(sorted);
    await store.close();
  });

  it("runs once at a time, can be stopped, and starts no more then", async () => {
    const pause = new SteppedSleep();
    const { store, scrub } = await scrubOver(3, { sleep: pause.sleep });
    scrub.start();
    scrub.start();
    await eventually(() => pause.isAsleep).toBe(true);
    expect(scrub.state.findings.checked).toBe(1);
    await scrub.stop();
    expect(scrub.state).toMatchObject({ kind: "stopped", findings: { checked: 1 } });
    scrub.start();
    expect(scrub.state.kind).toBe("stopped");
    await store.close();
  });

  it("that was stopped goes on after a restart, and counts on", async () => {
    const pause = new SteppedSleep();
    const { store, sorted, open } = await scrubOver(5);
    const first = await open({ sleep: pause.sleep });
    first.start();
    for (let read = 1; read <= 2; read++) {
      await eventually(() => pause.asked.length).toBe(read);
      if (read === 1) pause.wake();
    }
    await first.stop();
    const begunAtMs = first.state.startedAtMs;

    const read: ChunkName[] = [];
    const second = await open({
      store: {
        list: (page) => store.list(page),
        compareBucket: (bucket) => store.compareBucket(bucket),
        verify: async (name) => {
          read.push(name);
          return await store.verify(name);
        },
      },
    });
    expect(second.state).toMatchObject({ kind: "stopped", startedAtMs: begunAtMs, findings: { checked: 2 } });
    expect(second.state.progress).toBeGreaterThan(0);
    second.resume();
    await second.finished();
    expect(read).toEqual(sorted.slice(2));
    expect(second.state).toMatchObject({ kind: "finished", startedAtMs: begunAtMs, findings: { checked: 5 } });
    const third = await open();
    expect(third.state).toMatchObject({ kind: "finished", findings: { checked: 5 } });
    expect(third.isInterrupted).toBe(false);
    await store.close();
  });

  it("that is asked for reads everything, also what the one that was stopped has read", async () => {
    const pause = new SteppedSleep();
    const { store, open } = await scrubOver(3);
    const first = await open({ sleep: pause.sleep });
    first.start();
    await eventually(() => pause.isAsleep).toBe(true);
    await first.stop();
    const second = await open();
    second.start();
    await second.finished();
    expect(second.state.findings.checked).toBe(3);
    await store.close();
  });

  it("works on where nothing can be kept, and begins anew where what was kept is damaged", async () => {
    const { folder, store, open, scrub } = await scrubOver(3);
    const stuck = await open({
      journal: {
        load: async () => ({ next_at_ms: null, pass: null, last: null }),
        save: async () => Promise.reject(new AppError("NO_SPACE", "the disk is full")),
      },
    });
    stuck.start();
    await stuck.finished();
    expect(stuck.state).toMatchObject({ kind: "finished", findings: { checked: 3 } });
    scrub.start();
    await scrub.finished();
    for (const text of ["", "{", "null", '{"next_at_ms":"soon","pass":null,"last":null}', '{"next_at_ms":-1}']) {
      writeFileSync(join(folder, "scrub.json"), text);
      expect((await open()).state).toMatchObject({ kind: "idle", last: null, nextAtMs: undefined });
    }
    rmSync(join(folder, "scrub.json"));
    expect((await open()).state.kind).toBe("idle");
    await store.close();
  });

  it("can be run again after it ended", async () => {
    const { store, chunks, scrub } = await scrubOver(3);
    scrub.start();
    await scrub.finished();
    await store.delete(chunks[0]!.name);
    scrub.start();
    await scrub.finished();
    expect(scrub.state).toMatchObject({ kind: "finished", findings: { checked: 2 } });
    await store.close();
  });
});
