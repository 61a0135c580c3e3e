import { randomBytes } from "node:crypto";
import { AppError } from "@commonhold/core/app-error.ts";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type DataPath, openDataPath } from "../transfers/data-path.fixture.ts";

let path: DataPath;
beforeAll(async () => {
  path = await openDataPath({ nodes: 4 });
  for (const node of path.nodes) await path.heartbeat(node);
});
afterAll(() => path.close());

const put = (name: string, bytes: Uint8Array<ArrayBuffer>) =>
  path.json(`/api/v1/files/${name}`, { method: "PUT", body: bytes });
const initiate = (sizeBytes: number) =>
  path.json("/api/v1/files/upload/initiate", {
    method: "POST",
    body: JSON.stringify({ filename: "x", size_bytes: sizeBytes }),
  });
const bytesOf = (length: number) => new Uint8Array(randomBytes(length));
const storesInAll = () => path.nodes.reduce((sum, node) => sum + node.stores, 0);
const rows = async (table: "uploads" | "files" | "chunks") =>
  (await path.api.metadata.read.selectFrom(table).selectAll().execute()).length;

describe("a small file in one request", () => {
  it("costs what it costs in three steps, leaves the same rows and no upload", async () => {
    const start = await path.credits();
    const bytes = bytesOf(100_000);
    const { body } = await put("one", bytes);
    const afterOne = await path.credits();
    const begun = await initiate(100_000);
    await path.json(`/api/v1/files/upload/${begun.body.session_id}/chunk?index=0`, { method: "POST", body: bytes });
    const done = await path.json(`/api/v1/files/upload/${begun.body.session_id}/complete`, { method: "POST" });
    const afterTwo = await path.credits();
    expect(start.available - afterOne.available).toBe(300n);
    expect(afterOne.available - afterTwo.available).toBe(300n);
    expect(afterTwo.reserved).toBe(0n);
    const { file_id: _one, created_at: _1, completed_at: _2, filename: _3, entry_id: _4, ...first } = body;
    expect(done.body).toMatchObject(first);
    const back = await path.call(`/api/v1/files/${body.file_id}/download`);
    expect(Buffer.compare(Buffer.from(await back.arrayBuffer()), bytes)).toBe(0);
  });

  it("goes to no node beyond what its owner can pay for, however many come at once", async () => {
    const { available } = await path.credits();
    const left = 700n;
    const held = await initiate(Number(((available - left) * 1000n) / 3n));
    expect((await path.credits()).available).toBeLessThan(900n);
    const [uploads, files, chunks, stores] = [
      await rows("uploads"),
      await rows("files"),
      await rows("chunks"),
      storesInAll(),
    ];
    const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => put(`many-${n}`, bytesOf(200_000))));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(7).fill(402)]);
    expect(storesInAll() - stores).toBe(3);
    expect([await rows("uploads"), await rows("files"), await rows("chunks")]).toEqual([
      uploads,
      files + 1,
      chunks + 1,
    ]);
    await path.call(`/api/v1/files/upload/${held.body.session_id}`, { method: "DELETE" });
  });

  it("counts its memory from the first byte to the last copy, and gives all of it back", async () => {
    const { uploadBudget, streams } = path.transfers;
    await Promise.all(Array.from({ length: 20 }, (_, n) => put(`memory-${n}`, bytesOf(1000 + n))));
    await expect.poll(() => uploadBudget.usedBytes + streams.usedBytes, { timeout: 10_000 }).toBe(0);
  });
});

describe("memory of sealed bytes", () => {
  it("is not used again where an attempt to send it has failed", async () => {
    const lease = vi.spyOn(path.transfers.buffers.sealed, "lease");
    const buffers = () => lease.mock.results.map(({ value }) => (value as { bytes: Uint8Array }).bytes.buffer);
    path.nodes[0]!.refusal = new AppError("NO_SPACE", "full");
    for (let n = 0; n < 4; n++) await put(`failing-${n}`, bytesOf(5_000_000));
    path.nodes[0]!.refusal = undefined;
    await path.transfers.late.idle();
    const used = lease.mock.results.length;
    // Most of the chunks had the first node among their three; only what it was not asked for may come again.
    expect(used).toBe(40);
    expect(new Set(buffers()).size).toBeGreaterThan(12);
    lease.mockRestore();
  });
});
