import { expect, test } from "vitest";
import { startFakeCoordinator } from "./testing/fake-coordinator.ts";
import { fakeNode } from "./testing/fake-facts.ts";
import { addFakeFile } from "./testing/fake-state.ts";
import { collect, createTestClient, failureOf } from "./testing/test-client.ts";

async function openNetwork() {
  const fake = await startFakeCoordinator();
  for (const name of ["barn", "cellar", "den", "eaves"]) fake.state.nodes.push(fakeNode(name));
  const client = await createTestClient(fake);
  return { fake, client, file: addFakeFile(fake.state, "film.mp4", new Uint8Array(3)) };
}

test("a removed file is listed among the deleted ones and comes back as it was", async () => {
  const { fake, client, file } = await openNetwork();
  await using _ = fake;
  const before = await client.files.stat(file.file_id);
  await client.files.remove(file.file_id);
  expect(await collect(client.files.list())).toEqual([]);
  const [deleted, ...others] = await collect(client.files.list({ deleted: true, nameContains: "film" }));
  expect(others).toEqual([]);
  expect(deleted).toMatchObject({ file_id: file.file_id, deleted_at: expect.any(String), gone_at: expect.any(String) });
  expect(await client.files.restore(file.file_id)).toEqual(before);
  expect(await collect(client.files.list({ deleted: true }))).toEqual([]);
  expect(await client.files.stat(file.file_id)).toEqual(before);
  expect(await failureOf(client.files.restore(file.file_id))).toMatchObject({ code: "FILE_NOT_FOUND" });
});

test("files that are there are asked for without a word of deleted ones", async () => {
  const { fake, client } = await openNetwork();
  await using _ = fake;
  const asked: (string | null)[] = [];
  fake.fault = ({ query }) => {
    asked.push(query.get("deleted"));
    return false;
  };
  await collect(client.files.list());
  await collect(client.files.list({ deleted: false }));
  await collect(client.files.list({ deleted: true }));
  expect(asked).toEqual([null, null, "true"]);
});

test("what is not said of a file's redundancy is not sent", async () => {
  const { fake, client, file } = await openNetwork();
  await using _ = fake;
  const bodies: unknown[] = [];
  fake.fault = ({ body, method }) => {
    if (method === "PATCH") bodies.push(JSON.parse(Buffer.from(body).toString()));
    return false;
  };
  expect(await client.files.setRedundancy(file.file_id, { priority: "critical" })).toMatchObject({
    priority: "critical",
    copies: 5,
  });
  expect(await client.files.setRedundancy(file.file_id, { copies: 2 })).toMatchObject({
    priority: "critical",
    copies: 2,
  });
  expect(bodies).toEqual([{ priority: "critical" }, { copies: 2 }]);
  const tooMany = client.files.setRedundancy(file.file_id, { copies: 6 });
  expect(await failureOf(tooMany)).toMatchObject({ code: "NOT_ENOUGH_NODES" });
  expect(await failureOf(client.files.setRedundancy("none", { copies: 1 }))).toMatchObject({ code: "FILE_NOT_FOUND" });
});

test("pins are set and taken back, as often as one likes", async () => {
  const { fake, client, file } = await openNetwork();
  await using _ = fake;
  const [first, second] = [fake.state.nodes[1]!.id, fake.state.nodes[2]!.id];
  for (const node of [first, second, first]) await client.files.pin(file.file_id, node);
  expect((await client.files.stat(file.file_id)).pins?.toSorted()).toEqual([first, second].sort());
  for (const node of [first, first]) await client.files.unpin(file.file_id, node);
  expect(await client.files.stat(file.file_id)).toMatchObject({ pins: [second] });
  expect(await failureOf(client.files.pin(file.file_id, "nobody"))).toMatchObject({ code: "NODE_NOT_FOUND" });
  expect(await failureOf(client.files.unpin("none", first))).toMatchObject({ code: "FILE_NOT_FOUND" });
});

test("a pin to a node that takes no copy now is warned of, as far as the coordinator says so", async () => {
  const { fake, client, file } = await openNetwork();
  await using _ = fake;
  const node = fake.state.nodes[1]!;
  expect(await client.files.pin(file.file_id, node.id)).toEqual({ warning: undefined });
  fake.state.nodes[1] = { ...node, status: "drained" };
  expect(await client.files.pin(file.file_id, node.id)).toEqual({ warning: `node ${node.name} is drained` });
  fake.fault = ({ response }) => {
    response.writeHead(204).end();
    return true;
  };
  expect(await client.files.pin(file.file_id, node.id), "of an earlier version").toEqual({ warning: undefined });
});

test("nodes are removed, cut off and let in again", async () => {
  const { fake, client } = await openNetwork();
  await using _ = fake;
  const { id } = fake.state.nodes[1]!;
  expect(await failureOf(client.nodes.remove(id))).toMatchObject({ code: "NODE_STILL_NEEDED" });
  expect(await client.nodes.remove(id, { force: true })).toMatchObject({ id, status: "banned" });
  expect(await client.nodes.unban(id)).toMatchObject({ status: "joining" });
  expect(await client.nodes.ban(id)).toMatchObject({ status: "banned" });
  fake.state.role = "user";
  expect(await failureOf(client.nodes.ban(id))).toMatchObject({ code: "FORBIDDEN" });
});

test("jobs are listed, run, paused, resumed and throttled", async () => {
  const { fake, client } = await openNetwork();
  await using _ = fake;
  expect((await client.jobs.list()).map((job) => job.name)).toEqual(["purge", "repair"]);
  expect(await client.jobs.run("repair")).toMatchObject({ state: "running" });
  expect(await client.jobs.pause("repair")).toMatchObject({ state: "paused", next_run_at: null });
  expect(await failureOf(client.jobs.run("repair"))).toMatchObject({ code: "INVALID_REQUEST" });
  expect(await client.jobs.resume("repair")).toMatchObject({ state: "idle" });
  const throttled = await client.jobs.setThrottle("repair", { bytesPerSecond: 1_000_000, concurrent: 2 });
  expect(throttled.throttle).toEqual({ bytes_per_second: 1_000_000, concurrent: 2 });
  expect((await client.jobs.setThrottle("repair", { concurrent: 3 })).throttle).toEqual({ concurrent: 3 });
  expect((await client.jobs.setThrottle("repair", {})).throttle).toEqual({});
  expect(await failureOf(client.jobs.pause("no/job"))).toMatchObject({ code: "NOT_FOUND" });
  expect(fake.calls).toContain("POST /api/v1/jobs/no%2Fjob/pause");
  fake.state.role = "user";
  expect(await failureOf(client.jobs.list())).toMatchObject({ code: "FORBIDDEN" });
});

test("repair is told to everybody, its chunks to admins only", async () => {
  const { fake, client } = await openNetwork();
  await using _ = fake;
  const copy = { chunk: "3a", from: null, to: "node", bytes: 4, since: "2026-01-01T00:00:00.000Z" };
  const brake = { reason: "many_away", away: 3, nodes: 5 };
  fake.state.repair = { ...fake.state.repair!, bytes_per_second: 1.25, in_flight_count: 1, in_flight: [copy], brake };
  expect(await client.repair.status()).toMatchObject({ brake, bytes_per_second: 1.25, in_flight: [copy] });
  fake.state.role = "user";
  expect(await client.repair.status()).toMatchObject({ brake, in_flight_count: 1, in_flight: [] });
  fake.state.repair = undefined;
  expect(await failureOf(client.repair.status())).toMatchObject({ code: "NOT_FOUND" });
});

test("a rate that is no number is refused", async () => {
  const { fake, client } = await openNetwork();
  await using _ = fake;
  fake.state.repair = { ...fake.state.repair!, seconds_left: "soon" as unknown as number };
  expect(await failureOf(client.repair.status())).toMatchObject({
    code: "PROTOCOL_ERROR",
    message: expect.stringContaining("seconds_left should be a number from 0"),
  });
});

test("rebalancing is planned or begun, as is said", async () => {
  const { fake, client } = await openNetwork();
  await using _ = fake;
  expect(await client.repair.rebalance({ dryRun: true })).toMatchObject({ dry_run: true, moves: [] });
  expect(await client.repair.rebalance({ dryRun: false })).toMatchObject({ dry_run: false, mean_fill: 0.25 });
  fake.state.role = "user";
  expect(await failureOf(client.repair.rebalance({ dryRun: true }))).toMatchObject({ code: "FORBIDDEN" });
});
