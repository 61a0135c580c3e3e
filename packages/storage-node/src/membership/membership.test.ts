import { readFileSync, statSync } from "node:fs";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { type FakeCoordinator, heartbeatAnswer, startFakeCoordinator } from "../testing/fake-coordinator.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { silentLogger } from "../testing/open-test-store.ts";
import { tempFolder } from "../testing/temp-folder.ts";
import { createCoordinatorApi } from "./coordinator-api.ts";
import { type Credentials, credentialsFile, readCredentials, writeCredentials } from "./credentials.ts";
import { Membership } from "./membership.ts";
import { registerNode } from "./register-node.ts";

const REPORT = { addresses: ["/ip4/1.2.3.4/tcp/5"], capacity_bytes: 100, used_bytes: 1, free_bytes: 99, version: "1" };
const OWN = { free_bytes_own: 99, wanted_free_bytes: 0 };
const never = new AbortController().signal;

function apiOf(coordinator: { readonly url: string }, timeoutMs = 5000) {
  return createCoordinatorApi({ fetch }, { url: coordinator.url, timeoutMs });
}

describe("registration", () => {
  const identity = { peerId: "node-1", sign: (bytes: Uint8Array) => new Uint8Array(bytes.length).fill(7) };

  async function register(coordinator: FakeCoordinator, folder: string, previous?: Credentials) {
    return await registerNode(
      { api: apiOf(coordinator), clock: new ManualClock(1234), identity },
      { folder, joinToken: "jt", name: "attic", labels: { site: "home" }, report: REPORT, previous, signal: never },
    );
  }
  const answer = (peerId = "coordinator-1", nodeId = "node-1") => ({
    status: 201,
    body: {
      node_id: nodeId,
      api_key: "secret-key",
      coordinator: { peer_id: peerId, addresses: ["/dns4/c/tcp/1"] },
      heartbeat_interval_ms: 30_000,
      members: [],
      something_new: true,
    },
  });

  it("sends what the coordinator asks for, signed, and keeps the answer for itself alone", async () => {
    const coordinator = await startFakeCoordinator();
    coordinator.answerWith(() => answer());
    const folder = tempFolder();
    await register(coordinator, folder);
    const signed = "commonhold register v1\0jt\0node-1\x001234";
    expect(coordinator.calls).toHaveLength(1);
    expect(coordinator.calls[0]).toMatchObject({
      path: "/api/v1/nodes/register",
      body: {
        ...REPORT,
        join_token: "jt",
        name: "attic",
        peer_id: "node-1",
        labels: { site: "home" },
        timestamp_ms: 1234,
        signature: Buffer.alloc(signed.length, 7).toString("base64"),
      },
    });
    expect(await readCredentials(folder)).toEqual({
      node_id: "node-1",
      api_key: "secret-key",
      coordinator: { peer_id: "coordinator-1", addresses: ["/dns4/c/tcp/1"] },
    });
    expect(statSync(credentialsFile(folder)).mode & 0o777).toBe(0o600);
  });

  it("hands on the coordinator's refusal", async () => {
    const coordinator = await startFakeCoordinator();
    coordinator.answerWith(() => ({
      status: 403,
      body: { error: { code: "INVALID_JOIN_TOKEN", message: "it is used up" } },
    }));
    const folder = tempFolder();
    await expect(register(coordinator, folder)).rejects.toMatchObject({
      code: "INVALID_JOIN_TOKEN",
      message: "it is used up",
    });
    await expect(readCredentials(folder)).rejects.toMatchObject({ code: "INVALID_CONFIG" });
  });

  it("takes no membership that was meant for another node", async () => {
    const coordinator = await startFakeCoordinator();
    coordinator.answerWith(() => answer("coordinator-1", "node-2"));
    const folder = tempFolder();
    await expect(register(coordinator, folder)).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
    await expect(readCredentials(folder)).rejects.toMatchObject({ code: "INVALID_CONFIG" });
  });

  it("does not go over to another coordinator", async () => {
    const coordinator = await startFakeCoordinator();
    coordinator.answerWith(() => answer());
    const folder = tempFolder();
    const previous = await register(coordinator, folder);
    coordinator.answerWith(() => answer("coordinator-2"));
    await expect(register(coordinator, folder, previous)).rejects.toMatchObject({ code: "FORBIDDEN" });
    expect(await readCredentials(folder)).toEqual(previous);
  });
});

describe("a call to the coordinator", () => {
  const beat = (api: ReturnType<typeof apiOf>) =>
    api.heartbeat("key", { ...REPORT, ...OWN, chunk_count: 0, draining: false }, never);

  it.each([
    ["cuts the connection", () => undefined, "COORDINATOR_UNREACHABLE", "no connection"],
    [
      "is a proxy without a coordinator behind",
      () => ({ status: 502, text: "<html>" }),
      "COORDINATOR_UNREACHABLE",
      "502",
    ],
    [
      "redirects",
      () => ({ status: 301, text: "", headers: { location: "https://elsewhere.example" } }),
      "COORDINATOR_UNREACHABLE",
      "https://elsewhere.example",
    ],
    ["answers something else", () => ({ status: 200, body: { status: 7 } }), "PROTOCOL_ERROR", "does not understand"],
    ["answers no JSON", () => ({ status: 200, text: "hello" }), "PROTOCOL_ERROR", "does not understand"],
    [
      "asks for a mad interval",
      () => heartbeatAnswer("c", { heartbeat_interval_ms: 0 }),
      "PROTOCOL_ERROR",
      "heartbeat_interval_ms",
    ],
    [
      "refuses the key",
      () => ({ status: 401, body: { error: { code: "UNAUTHENTICATED", message: "unknown key" } } }),
      "UNAUTHENTICATED",
      "unknown key",
    ],
  ])("that %s fails with %s %s", async (...[, answer, code, words]) => {
    const coordinator = await startFakeCoordinator();
    coordinator.answerWith(answer);
    await expect(beat(apiOf(coordinator))).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
  });

  it("gives up after its time", async () => {
    const hanging: typeof fetch = (_, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener("abort", () => reject(new Error("aborted")));
      });
    const api = createCoordinatorApi({ fetch: hanging }, { url: "http://localhost", timeoutMs: 1 });
    await expect(beat(api)).rejects.toMatchObject({
      code: "COORDINATOR_UNREACHABLE",
      message: expect.stringContaining("no answer in 1 ms"),
    });
  });

  it("keeps a path in front of the API", async () => {
    const coordinator = await startFakeCoordinator();
    coordinator.answerWith(() => heartbeatAnswer("c"));
    await beat(apiOf({ url: `${coordinator.url}/storage` }));
    expect(coordinator.calls[0]?.path).toBe("/storage/api/v1/nodes/heartbeat");
  });
});

describe("membership", () => {
  async function joined() {
    const coordinator = await startFakeCoordinator();
    const folder = tempFolder();
    const members: string[][] = [];
    const membership = new Membership(
      {
        api: apiOf(coordinator),
        host: {
          peerId: "node-1",
          setMembers: async (peerIds) => void members.push([...peerIds].sort()),
        },
        report: async () => ({ ...REPORT, ...OWN, chunk_count: 3, draining: true }),
        logger: silentLogger,
      },
      {
        folder,
        credentials: { node_id: "node-1", api_key: "key-1", coordinator: { peer_id: "coordinator", addresses: [] } },
      },
    );
    return { coordinator, folder, members, membership };
  }

  it("reports with its key and lets in the coordinator and the members", async () => {
    const { coordinator, members, membership } = await joined();
    coordinator.answerWith(() => heartbeatAnswer("coordinator"));
    const answer = await membership.beat(never);
    expect(answer.credits.earned).toBe("1.5");
    expect(coordinator.calls[0]?.headers["x-api-key"]).toBe("key-1");
    expect(coordinator.calls[0]?.body).toEqual({ ...REPORT, ...OWN, chunk_count: 3, draining: true });
    expect(members).toEqual([["coordinator", "member-a", "member-b"]]);
  });

  it("keeps the coordinator's new addresses for the next start", async () => {
    const { coordinator, folder, membership } = await joined();
    coordinator.answerWith(() => heartbeatAnswer("coordinator"));
    await membership.beat(never);
    expect(membership.coordinator.addresses).toEqual(["/ip4/127.0.0.1/tcp/1"]);
    expect(JSON.parse(readFileSync(credentialsFile(folder), "utf8"))).toEqual({
      node_id: "node-1",
      api_key: "key-1",
      coordinator: { peer_id: "coordinator", addresses: ["/ip4/127.0.0.1/tcp/1"] },
    });
  });

  it("keeps no API key that a header cannot carry: the error would quote it in the log", async () => {
    const folder = tempFolder();
    const credentials = { node_id: "n", coordinator: { peer_id: "c", addresses: [] } };
    await writeCredentials(folder, { ...credentials, api_key: "chn_secret\nvalue" });
    const error: unknown = await readCredentials(folder).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "INVALID_CONFIG" });
    expect(inspect(error, { depth: null })).not.toContain("chn_secret");
  });

  it("obeys no other coordinator than the one it registered with", async () => {
    const { coordinator, members, membership } = await joined();
    coordinator.answerWith(() => heartbeatAnswer("impostor"));
    await expect(membership.beat(never)).rejects.toMatchObject({
      code: "FORBIDDEN",
      details: { peer_id: "impostor", pinned_peer_id: "coordinator" },
    });
    expect(members).toEqual([]);
    expect(membership.coordinator).toEqual({ peer_id: "coordinator", addresses: [] });
  });
});
