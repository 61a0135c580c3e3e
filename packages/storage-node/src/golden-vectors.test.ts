import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
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
import { openPackedStore } from "./testing/open-packed-store.ts";
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
    expect(schema.flatMap(({ sql }) => (sql === null ? [] : [String(sql).replaceAll(/\s+/g, " ")]))).toEqual([
      INDEX_SCHEMA.replace(
        " ) STRICT",
        " , epoch INTEGER, own INTEGER, pack INTEGER, pack_offset INTEGER, sequence INTEGER) STRICT",
      ),
      "CREATE TABLE loss ( name TEXT PRIMARY KEY, found_at_ms INTEGER NOT NULL, why TEXT NOT NULL ) STRICT, WITHOUT ROWID",
      "CREATE INDEX chunk_pack ON chunk (pack, pack_offset, length) WHERE pack IS NOT NULL",
      "CREATE TABLE pack ( number INTEGER PRIMARY KEY, bytes INTEGER NOT NULL, sequence INTEGER NOT NULL ) STRICT",
      "CREATE TABLE tombstone ( name TEXT PRIMARY KEY, pack INTEGER NOT NULL, pack_offset INTEGER NOT NULL, " +
        "sequence INTEGER NOT NULL ) STRICT, WITHOUT ROWID",
      "CREATE INDEX tombstone_pack ON tombstone (pack)",
      "CREATE TABLE dead ( name TEXT NOT NULL, pack INTEGER NOT NULL, PRIMARY KEY (name, pack) ) STRICT, WITHOUT ROWID",
      "CREATE INDEX dead_pack ON dead (pack)",
    ]);
    expect(database.prepare("PRAGMA user_version").get()).toEqual({ user_version: 3 });
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

describe("packs/0000000001.pack", () => {
  /** The chunk "hello", stored under epoch 5 for somebody else, and its deletion under epoch 6. */
  const HEADER = "43485041434b0001" + "0000000000000001" + "00000000" + "6cac6a8d";
  const CHUNK =
    "43485201" +
    "01" +
    "03" +
    "0000" +
    "0000000000000001" +
    "0000000000000005" +
    "0000019b76daa800" +
    HELLO +
    "00000005" +
    "2752e9a0" +
    "68656c6c6f" +
    "000000";
  const TOMBSTONE =
    "43485201" +
    "02" +
    "01" +
    "0000" +
    "0000000000000002" +
    "0000000000000006" +
    "0000019b76daa800" +
    HELLO +
    "00000000" +
    "b363f8c9";

  const writePack = (folder: string, hex: string) => {
    mkdirSync(join(folder, "packs"), { recursive: true });
    writeFileSync(join(folder, "packs", "0000000001.pack"), Buffer.from(hex, "hex"), { mode: 0o600 });
  };

  it("has these bytes", async () => {
    const folder = tempFolder();
    const store = await openPackedStore(folder, { nameOf: chunkNameOf });
    await store.store(HELLO, new TextEncoder().encode("hello"), { epoch: 5 });
    await store.delete(HELLO, 6);
    await store.close();
    const file = join(folder, "packs", "0000000001.pack");
    expect(readFileSync(file).toString("hex")).toBe(HEADER + CHUNK + TOMBSTONE);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("is read without an index: what is in it is held, with epoch and owner, unless it was deleted", async () => {
    for (const [hex, epochs] of [
      [HEADER + CHUNK, [5]],
      [HEADER + CHUNK + TOMBSTONE, []],
    ] as const) {
      const folder = tempFolder();
      writePack(folder, hex);
      const store = await openPackedStore(folder, { nameOf: chunkNameOf });
      const { items } = store.list({ limit: 10 });
      expect(items.map(({ epoch }) => epoch)).toEqual(epochs);
      for (const item of items) {
        expect(item).toMatchObject({ name: HELLO, own: false, storedAtMs: Date.UTC(2026, 0, 1) });
        expect(Buffer.from(await store.read(HELLO)).toString()).toBe("hello");
      }
      await store.close();
    }
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
