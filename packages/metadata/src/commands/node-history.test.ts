import type { UserId } from "@commonhold/core/ids.ts";
import { beforeEach, describe, expect, it } from "vitest";
import {
  chunkNameOf,
  type InProcessMetadata,
  NODES,
  openInProcessMetadata,
  storePayload,
} from "../catalog/catalog.fixture.ts";
import type { CommandPayload } from "../metadata.ts";
import { heartbeatPayload } from "./payloads.fixture.ts";

const [A, B] = NODES;

let metadata: InProcessMetadata;

beforeEach(async () => {
  metadata = await openInProcessMetadata();
});

const stateOf = async (id: string) =>
  (await metadata.read.selectFrom("nodes").select("declared_state").where("id", "=", id).executeTakeFirst())
    ?.declared_state;

describe("node.drained", () => {
  const beat = async (draining: boolean) => await metadata.apply("node.heartbeat", heartbeatPayload(A, { draining }));

  it("ends a drain once nothing is held, and is told with every heartbeat from then on", async () => {
    await beat(true);
    expect(await metadata.apply("node.drained", { id: A })).toEqual({ repeated: false });
    expect(await metadata.apply("node.drained", { id: A })).toEqual({ repeated: true });
    expect(await beat(true)).toEqual({ declared_state: "drained" });
    expect(await beat(false)).toEqual({ declared_state: "active" });
  });

  it.each(["active", "leaving"])("is refused while a copy is %s there", async (state) => {
    await beat(true);
    const name = chunkNameOf(1);
    const replicas = [{ nodeId: A, state: "active" as const }];
    const chunk = { name, ownerId: "ada" as UserId, sealedLength: 9, copies: 1, replicas, nowMs: 1_000 };
    await metadata.apply("file.store", storePayload("f1", chunk));
    const copies = { node_id: A, chunk_names: [name], now_ms: 2_000 };
    if (state === "leaving") await metadata.apply("assignment.leave", copies);
    const drained = metadata.apply("node.drained", { id: A });
    await expect(drained).rejects.toMatchObject({ code: "CONCURRENT_CHANGE", message: expect.stringContaining(name) });
    expect(await stateOf(A)).toBe("draining");
    await metadata.apply("assignment.doubt", copies);
    await metadata.apply("node.drained", { id: A });
    expect(await stateOf(A)).toBe("drained");
  });

  it("is refused for a node that does not drain any more, or is not known", async () => {
    await expect(metadata.apply("node.drained", { id: A })).rejects.toMatchObject({ code: "CONCURRENT_CHANGE" });
    await metadata.apply("node.ban", { id: B });
    await expect(metadata.apply("node.drained", { id: B })).rejects.toMatchObject({ code: "CONCURRENT_CHANGE" });
    expect([await stateOf(A), await stateOf(B)]).toEqual(["active", "banned"]);
    await expect(metadata.apply("node.drained", { id: "none" })).rejects.toMatchObject({ code: "NODE_NOT_FOUND" });
  });
});

describe("node.event", () => {
  const note = async (atMs: number, overrides: Partial<CommandPayload<"node.event">> = {}) =>
    await metadata.apply("node.event", {
      node_id: A,
      at_ms: atMs,
      from: "active",
      to: "suspect",
      why: "no heartbeat for 12 s",
      kept_max: 3,
      kept_since_ms: 0,
      ...overrides,
    });
  const times = async (nodeId: string) =>
    (
      await metadata.read
        .selectFrom("node_events")
        .select("at_ms")
        .where("node_id", "=", nodeId)
        .orderBy("id")
        .execute()
    ).map((row) => row.at_ms);

  it("keeps what happened", async () => {
    await note(5);
    expect(await metadata.read.selectFrom("node_events").selectAll().execute()).toEqual([
      { id: 1, node_id: A, at_ms: 5, from_status: "active", to_status: "suspect", why: "no heartbeat for 12 s" },
    ]);
  });

  it("keeps no more of a node than it shall, and nothing too old", async () => {
    await note(1, { node_id: B });
    for (const atMs of [1, 2, 3, 4, 5]) await note(atMs);
    expect(await times(A)).toEqual([3, 4, 5]);
    await note(6, { kept_since_ms: 5 });
    expect(await times(A)).toEqual([5, 6]);
    expect(await times(B)).toEqual([1]);
  });

  it("is refused for an unknown node, and for what is no status", async () => {
    await expect(note(1, { node_id: "none" })).rejects.toMatchObject({ code: "NODE_NOT_FOUND" });
    await expect(note(1, { to: "away today" })).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });
});

describe("job.configure", () => {
  it("keeps the last of each job", async () => {
    const throttle = { bytes_per_second: 1_000_000 };
    await metadata.apply("job.configure", { name: "repair", paused: true, throttle: null });
    await metadata.apply("job.configure", { name: "scrub", paused: false, throttle });
    await metadata.apply("job.configure", { name: "repair", paused: false, throttle: { ...throttle, concurrent: 4 } });
    expect(await metadata.read.selectFrom("job_settings").selectAll().orderBy("name").execute()).toEqual([
      { name: "repair", paused: 0, throttle: '{"bytes_per_second":1000000,"concurrent":4}' },
      { name: "scrub", paused: 0, throttle: '{"bytes_per_second":1000000}' },
    ]);
  });

  it("refuses a throttle of nothing", async () => {
    const configure = metadata.apply("job.configure", { name: "repair", paused: false, throttle: { concurrent: 0 } });
    await expect(configure).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });
});
