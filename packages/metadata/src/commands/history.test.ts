import { beforeEach, describe, expect, it } from "vitest";
import { type InProcessMetadata, NODES, openInProcessMetadata, storePayload } from "../catalog/catalog.fixture.ts";
import { createMetadataCatalog } from "../catalog/metadata-catalog.ts";
import type { CommandPayload } from "../metadata.ts";
import { hashOf, heartbeatPayload, nodeLine } from "./payloads.fixture.ts";

const [A, B] = NODES;
const DAY_MS = 86_400_000;

let metadata: InProcessMetadata;

beforeEach(async () => {
  metadata = await openInProcessMetadata();
});

const absences = async () =>
  await metadata.read.selectFrom("node_absences").selectAll().orderBy("node_id").orderBy("from_ms").execute();
const gaps = async () => await metadata.read.selectFrom("watch_gaps").selectAll().orderBy("from_ms").execute();

describe("absences", () => {
  it("come with the heartbeat that ends them, and say nothing of no time", async () => {
    const absent = [
      { from_ms: 100, to_ms: 200 },
      { from_ms: 300, to_ms: 300 },
    ];
    await metadata.apply("node.heartbeat", heartbeatPayload(A, { absent }));
    await metadata.apply("node.heartbeat", heartbeatPayload(A, { absent: [{ from_ms: 100, to_ms: 150 }] }));
    await metadata.apply("node.heartbeat", heartbeatPayload(B, { absent: [{ from_ms: 100, to_ms: 150 }] }));
    expect(await absences()).toEqual([
      { node_id: A, from_ms: 100, to_ms: 200 },
      { node_id: B, from_ms: 100, to_ms: 150 },
    ]);
    await metadata.apply("node.heartbeat", heartbeatPayload(A, { absent: [{ from_ms: 100, to_ms: 250 }] }));
    expect((await absences())[0]).toMatchObject({ to_ms: 250 });
  });

  it("are two at a time at most", async () => {
    const absent = [1, 2, 3].map((at) => ({ from_ms: 10 * at, to_ms: 10 * at + 1 }));
    const heartbeat = metadata.apply("node.heartbeat", heartbeatPayload(A, { absent }));
    await expect(heartbeat).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });
});

describe("uptime.watch", () => {
  it("keeps until when it was watched, and when it was not", async () => {
    const watchedUntil = async () =>
      (await metadata.read.selectFrom("counters").select("value").where("name", "=", "watched_until_ms").execute())[0];
    await metadata.apply("uptime.watch", { now_ms: 500, gap: { from_ms: 100, to_ms: 400 } });
    await metadata.apply("uptime.watch", { now_ms: 600, gap: null });
    await metadata.apply("uptime.watch", { now_ms: 550, gap: { from_ms: 100, to_ms: 300 } });
    await metadata.apply("uptime.watch", { now_ms: 550, gap: { from_ms: 550, to_ms: 550 } });
    expect(await watchedUntil()).toEqual({ value: 600 });
    expect(await gaps()).toEqual([{ from_ms: 100, to_ms: 400 }]);
  });
});

describe("history.purge", () => {
  const purge = async (overrides: Partial<CommandPayload<"history.purge">>) =>
    await metadata.apply("history.purge", {
      ended_copies_before_ms: 0,
      absences_before_ms: 0,
      gaps_before_ms: 0,
      payment_events_before_ms: 0,
      days_before: "0000-01-01",
      limit: 1_000,
      ...overrides,
    });

  it("forgets absences, gaps and events whose time is over", async () => {
    const absent = [
      { from_ms: 100, to_ms: 200 },
      { from_ms: 250, to_ms: 300 },
    ];
    await metadata.apply("node.heartbeat", heartbeatPayload(A, { absent }));
    for (const gap of absent) await metadata.apply("uptime.watch", { now_ms: 500, gap });
    for (const id of ["e1", "e2"]) {
      await metadata.apply("payment.event", { id, provider: "p", kind: "k", now_ms: id === "e1" ? 1 : 900 });
    }
    expect(await purge({ absences_before_ms: 200, gaps_before_ms: 200 })).toEqual({ purged: 0 });
    const before = { absences_before_ms: 300, gaps_before_ms: 300, payment_events_before_ms: 900 };
    expect(await purge(before)).toEqual({ purged: 3 });
    expect(await absences()).toMatchObject([{ from_ms: 250 }]);
    expect(await gaps()).toMatchObject([{ from_ms: 250 }]);
    expect(await metadata.read.selectFrom("payment_events").select("id").execute()).toEqual([{ id: "p:e2" }]);
  });

  it("forgets copies by when they ended", async () => {
    const catalog = createMetadataCatalog(metadata);
    const replicas = [A, B].map((nodeId) => ({ nodeId, state: "active" as const }));
    const chunk = {
      name: hashOf(1) as never,
      ownerId: "ada" as never,
      sealedLength: 9,
      copies: 1,
      replicas,
      nowMs: 10,
    };
    await metadata.apply("file.store", storePayload("f", chunk));
    await catalog.doubtReplicas(A, [chunk.name], 100);
    await catalog.doubtReplicas(B, [chunk.name], 200);
    expect(await purge({ ended_copies_before_ms: 200 })).toEqual({ purged: 1 });
    expect(await metadata.read.selectFrom("ended_copies").select("node_id").execute()).toEqual([{ node_id: B }]);
  });

  it("forgets days in steps, and never the last that was settled", async () => {
    for (const day of ["1970-01-01", "1970-01-02", "1970-01-03"]) {
      const now_ms = 9 * DAY_MS;
      const line = { owner_id: "ada", byte_ms: "1", charged_microcredits: "1" };
      await metadata.apply("economics.charge_owners", { day, price_microcredits: "1", lines: [line], now_ms });
      await metadata.apply("economics.pay_nodes", { day, rate_microcredits: "1", lines: [nodeLine(A)], now_ms });
      await metadata.apply("economics.close_day", { day, owners: 1, nodes: 1, byte_ms: "1", now_ms });
      await metadata.apply("audit.open_period", { day, commitment: hashOf(1), now_ms });
    }
    const left = async (table: "node_days" | "owner_days" | "audit_periods" | "settled_days") =>
      (await metadata.read.selectFrom(table).select("day").orderBy("day").execute()).map((row) => row.day);
    expect(await purge({ days_before: "1970-01-02", limit: 3 })).toEqual({ purged: 3 });
    expect(await purge({ days_before: "1970-01-02", limit: 3 })).toEqual({ purged: 1 });
    for (const table of ["node_days", "owner_days", "audit_periods", "settled_days"] as const) {
      expect(await left(table)).toEqual(["1970-01-02", "1970-01-03"]);
    }
    await purge({ days_before: "2000-01-01" });
    expect(await left("node_days")).toEqual([]);
    expect(await left("settled_days")).toEqual(["1970-01-03"]);
  });
});
