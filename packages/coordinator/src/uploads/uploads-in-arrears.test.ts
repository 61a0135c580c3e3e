import { randomBytes } from "node:crypto";
import { DAY_MS, utcDayOf } from "@commonhold/core/economics/utc-day.ts";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openDataPath, type DataPath } from "../transfers/data-path.fixture.ts";

let path: DataPath;
beforeAll(async () => {
  path = await openDataPath({ nodes: 3 });
});
afterAll(() => path.close());

const initiate = () =>
  path.json("/api/v1/files/upload/initiate", {
    method: "POST",
    body: JSON.stringify({ filename: "later.bin", size_bytes: 300_000 }),
  });
const put = (name: string, body: Uint8Array<ArrayBuffer>) =>
  path.json(`/api/v1/files/${name}`, { method: "PUT", body });

/** A day of storage costs more than the user has. */
async function runIntoDebt(): Promise<void> {
  const { metadata, clock } = path.api;
  await metadata.apply("economics.charge_owners", {
    day: utcDayOf(clock.nowMs() - DAY_MS),
    price_microcredits: "1000000",
    lines: [{ owner_id: path.user.id, byte_ms: "1", charged_microcredits: "1000000000" }],
    now_ms: clock.nowMs(),
  });
}

it("are taken in the time of grace, and then refused; what is stored can be read and deleted", async () => {
  const kept = new Uint8Array(randomBytes(1_000));
  const { body: file } = await put("kept.bin", kept);
  await runIntoDebt();
  const { clock, metadata } = path.api;
  // The credits of a gift, so that not they are what is missing.
  await metadata.apply("ledger.purchase", {
    id: "gift",
    user_id: path.user.id,
    amount_microcredits: "1",
    payment_id: "gift",
    provider: "local",
    description: "a gift",
    now_ms: clock.nowMs(),
  });
  clock.advance(14 * DAY_MS - 1);
  for (const node of path.nodes) await path.heartbeat(node);
  // Whoever has nothing left can store nothing that costs.
  expect((await put("empty.bin", new Uint8Array(0))).status).toBe(201);
  clock.advance(1);
  const refusal = { status: 402, body: { error: { code: "INSUFFICIENT_CREDITS", details: { reason: "arrears" } } } };
  expect(await initiate()).toMatchObject(refusal);
  expect(await put("empty-2.bin", new Uint8Array(0))).toMatchObject(refusal);
  expect(await put("large.bin", new Uint8Array(randomBytes(400_000)))).toMatchObject(refusal);

  const read = await path.call(`/api/v1/files/${file.file_id}/download`);
  expect(new Uint8Array(await read.arrayBuffer())).toEqual(kept);
  expect((await path.call(`/api/v1/files/${file.file_id}`, { method: "DELETE" })).status).toBe(204);

  await metadata.apply("ledger.purchase", {
    id: "payment",
    user_id: path.user.id,
    amount_microcredits: "2000000000",
    payment_id: "payment",
    provider: "local",
    description: "paid",
    now_ms: clock.nowMs(),
  });
  expect((await initiate()).status).toBe(201);
});
