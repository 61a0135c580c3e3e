import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { chunkNameOf } from "@commonhold/chunk/merkle.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { createIdentity, decodeIdentity } from "@commonhold/p2p/identity.ts";
import { readSecretFile } from "@commonhold/runtime/secret-file.ts";
import { describe, expect, it } from "vitest";
import { openChunkIndex } from "./chunk-store/open-chunk-index.ts";
import { loadNodeConfig } from "./config/node-config.ts";
import { DrainState } from "./drain/drain-state.ts";
import { identityFile } from "./init-node.ts";
import { type Credentials, readCredentials, writeCredentials } from "./membership/credentials.ts";
import { createScrubJournal } from "./scrub/scrub-journal.ts";
import { registrationBytes } from "./membership/register-node.ts";
import { ManualClock } from "./testing/manual-clock.ts";
import { openTestStore } from "./testing/open-test-store.ts";
import { tempFolder } from "./testing/temp-folder.ts";

// What version 0.1.0 left in a node's data folder: made once, never changed. Every later version must read it.

const HELLO = "cf1b6c96f0fcdb59fffdc5a353309421c73530cf0639f595d3a42546131c168b" as ChunkName;
const HELLO_FILE = `chunks/c/f/${HELLO}`;
const PEER_ID = "12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7";

const CREDENTIALS_TEXT = `{
  "node_id": "${PEER_ID}",
  "api_key": "chn_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
  "coordinator": {
    "peer_id": "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp",
    "addresses": [
      "/ip4/192.0.2.7/tcp/4001"
    ]
  }
}
`;
const CREDENTIALS: Credentials = {
  node_id: PEER_ID,
  api_key: "chn_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
  coordinator: {
    peer_id: "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp",
    addresses: ["/ip4/192.0.2.7/tcp/4001"],
  },
};

const INDEX_SCHEMA =
  "CREATE TABLE chunk ( name TEXT PRIMARY KEY, length INTEGER NOT NULL, stored_at_ms INTEGER NOT NULL, " +
  "last_read_at_ms INTEGER, damaged INTEGER NOT NULL DEFAULT 0 ) STRICT, WITHOUT ROWID";

function writeIndex(folder: string): string {
  const file = join(folder, "index.db");
  using database = new DatabaseSync(file);
  database.exec(`PRAGMA journal_mode = WAL; ${INDEX_SCHEMA}; PRAGMA user_version = 1;
    INSERT INTO chunk VALUES ('${HELLO}', 5, 1767225600000, 1767225600001, 0);
    INSERT INTO chunk VALUES ('${"d".repeat(64)}', 9, 1767225600002, NULL, 1)`);
  return file;
}

describe("node.toml", () => {
  it("of version 0.1.0 is read, with what was set and what was left as it was", () => {
    const folder = tempFolder();
    copyFileSync(join(import.meta.dirname, "testing", "node-0.1.0.toml"), join(folder, "node.toml"));
    expect(loadNodeConfig(folder, { env: {} })).toMatchObject({
      node: { name: "attic", coordinator_url: "https://storage.example.org", log_level: "info", stop_grace_ms: 20_000 },
      network: {
        listen: ["/ip4/0.0.0.0/tcp/4001", "/ip4/0.0.0.0/udp/4001/quic-v1"],
        announce: [],
        admin_port: 4002,
      },
      storage: {
        max_bytes: 500e9,
        reserved_bytes: 0,
        share_excess: true,
        min_free_disk_bytes: 1e9,
        eviction: "hybrid",
        scrub_bytes_per_second: 50e6,
        scrub_interval_days: 30,
      },
      labels: { network: "", site: "home", power: "" },
      heartbeat: { interval_ms: 30_000, timeout_ms: 10_000, retry_ms_min: 1000 },
    });
  });
});

describe("credentials.json", () => {
  it("has this text", async () => {
    const folder = tempFolder();
    await writeCredentials(folder, CREDENTIALS);
    expect(readFileSync(join(folder, "credentials.json"), "utf8")).toBe(CREDENTIALS_TEXT);
  });

  it("of version 0.1.0 is read", async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "credentials.json"), CREDENTIALS_TEXT, { mode: 0o600 });
    expect(await readCredentials(folder)).toEqual(CREDENTIALS);
  });
});

it("identity.key is libp2p's protobuf of the private key, and signs a registration like this", async () => {
  const folder = tempFolder();
  const bytes =
    "0801124007070707070707070707070707070707070707070707070707070707070707" +
    "07ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c";
  writeFileSync(identityFile(folder), Buffer.from(bytes, "hex"), { mode: 0o600 });
  const identity = decodeIdentity(await readSecretFile(join(folder, "identity.key")));
  expect(identity.peerId).toBe(PEER_ID);
  expect(identity.peerId).toBe(
    createIdentity({ bytes: (length) => new Uint8Array(length).fill(7), fraction: () => 0 }).peerId,
  );
  const claim = { joinToken: "chj_token", peerId: PEER_ID, timestampMs: 1_767_225_600_000 };
  const proof = `commonhold register v1\0chj_token\0${PEER_ID}\0${"1767225600000"}`;
  expect(Buffer.from(registrationBytes(claim)).toString("latin1")).toBe(proof);
  expect(Buffer.from(identity.sign(registrationBytes(claim))).toString("base64")).toBe(
    "mLdMsX+sC6zenLjiwMIzp0Ul/3SwR0Wc+/E8w4aXSUqGRxpAO/S++3ufDPMqdT9UJuSmKdM3MOMZsFKwXm0ZDQ==",
  );
});

describe("index.db", () => {
  it("has this schema", () => {
    const file = join(tempFolder(), "index.db");
    openChunkIndex(file).index.close();
    using database = new DatabaseSync(file);
    const schema = database.prepare("SELECT sql FROM sqlite_schema").all();
    expect(schema.map(({ sql }) => String(sql).replaceAll(/\s+/g, " "))).toEqual([
      INDEX_SCHEMA.replace(" ) STRICT", " , epoch INTEGER, own INTEGER) STRICT"),
      "CREATE TABLE loss ( name TEXT PRIMARY KEY, found_at_ms INTEGER NOT NULL, why TEXT NOT NULL ) STRICT, WITHOUT ROWID",
    ]);
    expect(database.prepare("PRAGMA user_version").get()).toEqual({ user_version: 2 });
  });

  it("of version 1 is read and not made anew", () => {
    const { index, rebuilt } = openChunkIndex(writeIndex(tempFolder()));
    expect(rebuilt).toBeUndefined();
    expect(index.get(HELLO)).toEqual({
      name: HELLO,
      length: 5,
      storedAtMs: 1_767_225_600_000,
      lastReadAtMs: 1_767_225_600_001,
      damaged: false,
    });
    expect(index.get("d".repeat(64) as ChunkName)).toMatchObject({ damaged: true, lastReadAtMs: undefined });
    index.close();
  });
});

describe("chunks", () => {
  it("lie at this path, as they were sealed", async () => {
    const folder = tempFolder();
    const store = await openTestStore(folder, { nameOf: chunkNameOf });
    await store.store(HELLO, new TextEncoder().encode("hello"));
    await store.close();
    expect(readFileSync(join(folder, HELLO_FILE), "utf8")).toBe("hello");
  });

  it.each([
    ["with their index", true],
    ["without", false],
  ])("that an earlier version left are found, %s", async (_, indexed) => {
    const folder = tempFolder();
    mkdirSync(join(folder, "chunks/c/f"), { recursive: true });
    writeFileSync(join(folder, HELLO_FILE), "hello", { mode: 0o600 });
    if (indexed) writeIndex(folder);
    const store = await openTestStore(folder, { nameOf: chunkNameOf });
    expect(store.list({ limit: 10 }).items.map(({ name }) => name)).toEqual([HELLO]);
    expect(Buffer.from(await store.read(HELLO)).toString()).toBe("hello");
    await store.close();
  });
});

describe("scrub.json", () => {
  const findings = {
    checked: 2,
    checked_bytes: 14,
    corrupt_count: 1,
    corrupt: ["d".repeat(64)],
    missing_count: 0,
    missing: [],
    unreadable_count: 0,
    unreadable: [],
    found_count: 0,
  };
  const text = `{"next_at_ms":1769817600000,"pass":{"started_at_ms":1767225600000,"position":"${HELLO}","findings":${JSON.stringify(findings)}},"last":null}\n`;

  it("has this text, and a pass goes on from there", async () => {
    const folder = tempFolder();
    const file = join(folder, "scrub.json");
    writeFileSync(file, text);
    const journal = createScrubJournal(folder);
    const record = await journal.load();
    expect(record).toMatchObject({ next_at_ms: 1_769_817_600_000, pass: { position: HELLO, findings } });
    await journal.save(record);
    expect(readFileSync(file, "utf8")).toBe(text);
  });
});

it("drain.json has this text and keeps the node draining", async () => {
  const folder = tempFolder();
  await (await DrainState.open(folder, new ManualClock())).begin();
  expect(readFileSync(join(folder, "drain.json"), "utf8")).toBe('{"draining_since":"2026-01-01T00:00:00.000Z"}\n');
  expect((await DrainState.open(folder, new ManualClock(0))).sinceMs).toBe(Date.UTC(2026, 0, 1));
});
