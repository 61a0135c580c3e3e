import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type DataPath, openDataPath } from "../transfers/data-path.fixture.ts";

let path: DataPath;
const retrievals = (): number => path.nodes.reduce((sum, node) => sum + node.retrievals, 0);
const put = async (name: string, body: Uint8Array<ArrayBuffer>): Promise<string> => {
  const { body: file } = await path.json(`/api/v1/files/${name}`, { method: "PUT", body });
  await path.transfers.late.idle();
  return file.file_id;
};
const get = (id: string) => path.call(`/api/v1/files/${id}/download`);
const bodyOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());

beforeAll(async () => {
  path = await openDataPath({ nodes: 3, settings: { limits: { chunk_cache_bytes: 100_000 } } });
});
beforeEach(() => {
  for (const node of path.nodes) node.retrievals = 0;
});
afterAll(() => path.close());

describe("a small file", () => {
  it("that was just written is read without asking a node", async () => {
    const bytes = new Uint8Array(randomBytes(10_000));
    const id = await put("written", bytes);
    expect(await bodyOf(await get(id))).toEqual(bytes);
    expect(retrievals()).toBe(0);
  });

  it("is fetched once by many who want it at once, and then lies in memory", async () => {
    const bytes = new Uint8Array(randomBytes(10_000));
    const id = await put("wanted", bytes);
    for (let number = 0; number < 12; number++) await put(`other ${number}`, new Uint8Array(randomBytes(10_000)));
    const hold = Promise.withResolvers<void>();
    for (const node of path.nodes) node.hold = hold.promise;
    const answers = Array.from({ length: 8 }, () => get(id));
    await expect.poll(() => path.transfers.reader.fetching.usedBytes).toBeGreaterThan(8 * bytes.length);
    hold.resolve();
    for (const answer of answers) expect(await bodyOf(await answer)).toEqual(bytes);
    expect(retrievals()).toBe(1);
    expect(await bodyOf(await get(id))).toEqual(bytes);
    expect(retrievals()).toBe(1);
  });

  it("is not given any more once it is deleted, though its bytes are still in memory", async () => {
    const id = await put("deleted", new Uint8Array(randomBytes(10_000)));
    expect((await get(id)).status).toBe(200);
    await path.call(`/api/v1/files/${id}`, { method: "DELETE" });
    expect((await get(id)).status).toBe(404);
    expect(retrievals()).toBe(0);
  });
});

it("a long file leaves the small ones in memory, and is fetched from nodes each time", async () => {
  const small = await put("small", new Uint8Array(randomBytes(10_000)));
  const bytes = new Uint8Array(randomBytes(700_000));
  const long = await put("long", bytes);
  for (const count of [3, 6]) {
    expect(await bodyOf(await get(long))).toEqual(bytes);
    expect(retrievals()).toBe(count);
  }
  expect((await get(small)).status).toBe(200);
  expect(retrievals()).toBe(6);
});
