import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chunkNameOf } from "@commonhold/chunk/merkle.ts";
import type { FileSystemFaults } from "@commonhold/runtime/testing/failing-fs.ts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type HandoffSpool, openHandoffSpool } from "./handoff-spool.ts";

const { shared } = vi.hoisted(() => ({ shared: {} as { faults: FileSystemFaults } }));
vi.mock("node:fs/promises", async (importOriginal) => {
  const { createFailingFileSystem, FileSystemFaults } = await import("@commonhold/runtime/testing/failing-fs.ts");
  shared.faults = new FileSystemFaults();
  return createFailingFileSystem(await importOriginal(), shared.faults);
});

const NEVER = Number.POSITIVE_INFINITY;
const CODES = { EIO: "STORAGE_FAILURE", ENOSPC: "NO_SPACE" } as const;
const kept = Buffer.from("a chunk that was put before");
const fresh = Buffer.from("a chunk whose way is hard".repeat(100));

let folder: string;
let spool: HandoffSpool;
beforeEach(async () => {
  await openFresh();
});
afterEach(() => close());

async function openFresh(): Promise<void> {
  shared.faults.stop();
  folder = await mkdtemp(join(tmpdir(), "commonhold-spool-"));
  spool = await openHandoffSpool({ folder, maxBytes: 1e6 });
  await spool.put(chunkNameOf(kept), kept);
  shared.faults.stop();
}

async function close(): Promise<void> {
  shared.faults.stop();
  await rm(folder, { recursive: true, force: true });
}

/** What it counts is what it has, now and after a restart; answers whether it has the chunk. */
async function expectSound(): Promise<boolean> {
  const has = (await spool.get(chunkNameOf(fresh))) !== undefined;
  for (const each of [spool, await openHandoffSpool({ folder, maxBytes: 1e6 })]) {
    const names = has ? [chunkNameOf(kept), chunkNameOf(fresh)] : [chunkNameOf(kept)];
    expect([...each.names()].sort()).toEqual(names.sort());
    expect(each.usedBytes).toBe(kept.byteLength + (has ? fresh.byteLength : 0));
    expect(await each.get(chunkNameOf(kept))).toEqual(kept);
    expect(await each.get(chunkNameOf(fresh))).toEqual(has ? fresh : undefined);
  }
  expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  return has;
}

describe.each(Object.entries(CODES))("the n-th call to the file system failing by %s", (errno, code) => {
  it("while a chunk is put: it is refused without a trace, and can be put right after", async () => {
    await spool.put(chunkNameOf(fresh), fresh);
    const calls = [...shared.faults.calls];
    await close();
    expect(calls.length).toBeGreaterThan(6);
    for (let n = 1; n <= calls.length; n++) {
      await openFresh();
      shared.faults.failAt(n, n, errno);
      await expect(spool.put(chunkNameOf(fresh), fresh), `call ${n}`).rejects.toMatchObject({ code });
      shared.faults.stop();
      expect(await expectSound(), `call ${n}`).toBe(false);
      expect(await spool.put(chunkNameOf(fresh), fresh)).toBe(true);
      expect(await expectSound()).toBe(true);
      await close();
    }
  });

  it("and all that follow, while a chunk is put: nothing but whole chunks is there after a restart", async () => {
    for (let n = 1; n <= 9; n++) {
      await openFresh();
      shared.faults.failAt(n, NEVER, errno);
      await spool.put(chunkNameOf(fresh), fresh).catch((error: unknown) => expect(error).toMatchObject({ code }));
      shared.faults.stop();
      spool = await openHandoffSpool({ folder, maxBytes: 1e6 });
      await expectSound();
      await close();
    }
  });

  it("while a chunk is removed: it is still there, and can be removed again", async () => {
    await spool.put(chunkNameOf(fresh), fresh);
    shared.faults.failAt(1, 1, errno);
    await expect(spool.remove(chunkNameOf(fresh))).rejects.toMatchObject({ code });
    expect(await expectSound()).toBe(true);
    await spool.remove(chunkNameOf(fresh));
    expect(await expectSound()).toBe(false);
  });

  it("while a chunk is read: it counts as not there, and what cannot be opened says so", async () => {
    shared.faults.failAt(1, NEVER, errno);
    expect(await spool.get(chunkNameOf(kept))).toBeUndefined();
    for (let n = 1; n <= 3; n++) {
      shared.faults.failAt(n, n, errno);
      await expect(openHandoffSpool({ folder, maxBytes: 1e6 })).rejects.toMatchObject({ code });
    }
    shared.faults.stop();
    expect(await spool.get(chunkNameOf(kept))).toEqual(kept);
  });
});
