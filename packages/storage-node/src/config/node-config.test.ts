import { writeFileSync } from "node:fs";
import { describeConfig, renderConfigToml } from "@commonhold/runtime/config.ts";
import { describe, expect, it } from "vitest";
import { tempFolder } from "../testing/temp-folder.ts";
import { loadNodeConfig, NODE_ENV_PREFIX, NodeConfigSchema, nodeConfigFile } from "./node-config.ts";

const NAMED = { node: { name: "attic", coordinator_url: "http://127.0.0.1:1" } };

describe("the settings of a node", () => {
  it("are explained, every one, and have these defaults", () => {
    const rows = describeConfig(NodeConfigSchema, NODE_ENV_PREFIX);
    for (const row of rows) expect(row.description).toMatch(/\.$/);
    expect(Object.fromEntries(rows.map((row) => [row.env, row.default]))).toEqual({
      COMMONHOLD_NODE_NODE_NAME: undefined,
      COMMONHOLD_NODE_NODE_COORDINATOR_URL: undefined,
      COMMONHOLD_NODE_NODE_LOG_LEVEL: '"info"',
      COMMONHOLD_NODE_NODE_STOP_GRACE_MS: "20000",
      COMMONHOLD_NODE_NETWORK_LISTEN: '["/ip4/0.0.0.0/tcp/0/tls", "/ip4/0.0.0.0/tcp/0", "/ip4/0.0.0.0/udp/0/quic-v1"]',
      COMMONHOLD_NODE_NETWORK_ANNOUNCE: "[]",
      COMMONHOLD_NODE_NETWORK_ADMIN_PORT: "0",
      COMMONHOLD_NODE_STORAGE_MAX_BYTES: '"100GB"',
      COMMONHOLD_NODE_STORAGE_MIN_FREE_DISK_BYTES: '"1GB"',
      COMMONHOLD_NODE_STORAGE_RESERVED_BYTES: '"0"',
      COMMONHOLD_NODE_STORAGE_SHARE_EXCESS: "true",
      COMMONHOLD_NODE_STORAGE_EVICTION: '"hybrid"',
      COMMONHOLD_NODE_STORAGE_SCRUB_BYTES_PER_SECOND: '"50MB"',
      COMMONHOLD_NODE_STORAGE_SCRUB_INTERVAL_DAYS: "30",
      COMMONHOLD_NODE_LABELS_NETWORK: '""',
      COMMONHOLD_NODE_LABELS_SITE: '""',
      COMMONHOLD_NODE_LABELS_POWER: '""',
      COMMONHOLD_NODE_HEARTBEAT_INTERVAL_MS: "30000",
      COMMONHOLD_NODE_HEARTBEAT_TIMEOUT_MS: "10000",
      COMMONHOLD_NODE_HEARTBEAT_RETRY_MS_MIN: "1000",
    });
  });

  it("are read from node.toml, the environment and the options, in that order", () => {
    const folder = tempFolder();
    writeFileSync(
      nodeConfigFile(folder),
      renderConfigToml(NodeConfigSchema, { ...NAMED, storage: { max_bytes: 5e9 }, labels: { site: "home" } }),
    );
    const config = loadNodeConfig(folder, {
      env: { COMMONHOLD_NODE_STORAGE_MAX_BYTES: "7GB", COMMONHOLD_NODE_LABELS_POWER: "a" },
      overrides: { labels: { power: "b" } },
    });
    expect(config.node).toMatchObject({ name: "attic", log_level: "info" });
    expect(config.storage.max_bytes).toBe(7e9);
    expect(config.labels).toEqual({ network: "", site: "home", power: "b" });
  });

  it("may reserve all there is, and lend nothing", () => {
    const folder = tempFolder();
    const storage = {
      max_bytes: 5e9,
      reserved_bytes: 5e9,
      share_excess: false,
      eviction: "off",
      scrub_interval_days: 0,
    };
    writeFileSync(nodeConfigFile(folder), renderConfigToml(NodeConfigSchema, { ...NAMED, storage }));
    expect(loadNodeConfig(folder, { env: {} }).storage).toMatchObject(storage);
  });

  it.each([
    ["no node.toml", undefined, "run node init first"],
    ["no name", "[node]\ncoordinator_url = 'http://x'", "node.name"],
    [
      "an address without a protocol",
      "[node]\nname = 'a'\ncoordinator_url = 'storage.example'",
      "node.coordinator_url",
    ],
    ["a misspelt key", "[storage]\nmax_byte = 1", "did you mean storage.max_bytes?"],
    [
      "room for no chunk",
      "[node]\nname = 'a'\ncoordinator_url = 'http://x'\n[storage]\nmax_bytes = 5",
      "is 5: it must be a byte size of at least 16MiB",
    ],
    [
      "more reserved than there is",
      "[node]\nname = 'a'\ncoordinator_url = 'http://x'\n[storage]\nmax_bytes = '1GB'\nreserved_bytes = '2GB'",
      "storage.reserved_bytes is 2 GB, more than the 1 GB of storage.max_bytes",
    ],
    ["a way to evict that is none", "[storage]\neviction = 'random'", '"redundant"'],
    ["a negative interval", "[storage]\nscrub_interval_days = -1", "storage.scrub_interval_days"],
    ["a level that is none", "[node]\nlog_level = 'loud'", '"silent"'],
  ])("with %s are refused, and it is said where", (_, text, words) => {
    const folder = tempFolder();
    if (text !== undefined) writeFileSync(nodeConfigFile(folder), text);
    expect(() => loadNodeConfig(folder, { env: {} })).toThrow(words);
  });
});
