import { existsSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "@commonhold/core/app-error.ts";
import { formatByteSize } from "@commonhold/core/byte-size.ts";
import { EVICTION_STRATEGIES, type EvictionStrategy } from "@commonhold/core/repair/eviction-order.ts";
import { ByteSize } from "@commonhold/runtime/byte-size-type.ts";
import { loadConfig } from "@commonhold/runtime/config.ts";
import { type Static, Type } from "typebox";
import type { QuotaOptions } from "../chunk-store/storage-quota.ts";

export const NODE_ENV_PREFIX = "COMMONHOLD_NODE_";

const LABEL_LENGTH_MAX = 64;
/** A few chunks of the largest size: a node with less is of no use. */
const STORAGE_BYTES_MIN = "16MiB";

/** Which chunks go first where some have to; "off": none. */
export type EvictionSetting = EvictionStrategy | "off";

function label(description: string) {
  return Type.String({ description, default: "", maxLength: LABEL_LENGTH_MAX });
}

/** Every setting of a storage node, as it stands in `node.toml`. */
export const NodeConfigSchema = Type.Object({
  node: Type.Object(
    {
      name: Type.String({
        description: "What people call this node. Unique among the nodes of its coordinator.",
        minLength: 1,
        maxLength: 64,
        examples: ["attic"],
      }),
      coordinator_url: Type.String({
        description: "Where the coordinator's HTTP API is. The node registers and reports there.",
        pattern: "^https?://",
        maxLength: 2048,
        examples: ["https://storage.example.org"],
      }),
      log_level: Type.Enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"], {
        description: "Log lines below this level are not written.",
        default: "info",
      }),
      stop_grace_ms: Type.Integer({
        description: "How long transfers under way may still take once the node is told to stop.",
        default: 20_000,
        minimum: 0,
        maximum: 600_000,
      }),
    },
    { description: "The node itself." },
  ),
  network: Type.Object(
    {
      listen: Type.Array(Type.String({ minLength: 1 }), {
        description:
          "Multiaddrs at which the node takes connections of peers: /tls is the fast lane, the others are libp2p. " +
          "Port 0 lets the system choose one.",
        default: ["/ip4/0.0.0.0/tcp/0/tls", "/ip4/0.0.0.0/tcp/0", "/ip4/0.0.0.0/udp/0/quic-v1"],
        minItems: 1,
        maxItems: 16,
      }),
      announce: Type.Array(Type.String({ minLength: 1 }), {
        description:
          "Multiaddrs to tell others in place of those that the node sees itself, for instance behind a port " +
          "forwarding. Empty: the node tells what it sees.",
        default: [],
        maxItems: 16,
      }),
      admin_port: Type.Integer({
        description:
          "Port of the admin API, on 127.0.0.1 only. 0 lets the system choose; the port stands in admin.json in the " +
          "data folder while the node runs.",
        default: 0,
        minimum: 0,
        maximum: 65_535,
      }),
    },
    { description: "How the node is reached." },
  ),
  storage: Type.Object(
    {
      max_bytes: ByteSize({
        description:
          "How much the node holds at most. It is told to the coordinator as the node's capacity. Where more is held " +
          "already, the rest is moved to other nodes.",
        default: "100GB",
        minimum: STORAGE_BYTES_MIN,
      }),
      reserved_bytes: ByteSize({
        description: "How much of max_bytes is kept for the files of the node's own operator. At most max_bytes.",
        default: 0,
      }),
      share_excess: Type.Boolean({
        description:
          "Whether what is not reserved is lent to others. If not, the node takes new chunks of its own operator only.",
        default: true,
      }),
      min_free_disk_bytes: ByteSize({
        description: "How much of the disk stays free whatever max_bytes says.",
        default: "1GB",
      }),
      eviction: Type.Enum([...EVICTION_STRATEGIES, "off"], {
        description:
          "Which chunks go first when the node holds more than it may: lru (read longest ago), priority (of files that " +
          "matter least), redundant (with most copies elsewhere), hybrid (all of these), or off: none. Never the last " +
          "copies of a chunk before others stand in for them.",
        default: "hybrid",
      }),
      scrub_bytes_per_second: ByteSize({
        description: "How fast a scrub rereads the chunks.",
        default: "50MB",
        minimum: 1,
      }),
      scrub_interval_days: Type.Number({
        description:
          "How many days pass from one scrub to the next, give or take a tenth. 0: only when it is asked for.",
        default: 30,
        minimum: 0,
        maximum: 3650,
      }),
    },
    { description: "The disk." },
  ),
  labels: Type.Object(
    {
      network: label("The internet line or provider that the node hangs on. Nodes that share one may fail together."),
      site: label("The building or place. Empty: not known."),
      power: label("The power supply. Empty: not known."),
    },
    {
      description:
        "What this node shares with others. Two replicas of a chunk never go where labels are equal. The coordinator " +
        "is told when the node registers: after a change, register it again (node init --rejoin).",
    },
  ),
  heartbeat: Type.Object(
    {
      interval_ms: Type.Integer({
        description: "How often the node reports, until the coordinator asks for another interval.",
        default: 30_000,
        minimum: 100,
        maximum: 3_600_000,
      }),
      timeout_ms: Type.Integer({
        description: "How long one call to the coordinator may take.",
        default: 10_000,
        minimum: 100,
        maximum: 600_000,
      }),
      retry_ms_min: Type.Integer({
        description:
          "The first pause after a report that failed. It doubles with each further failure, up to the interval.",
        default: 1000,
        minimum: 10,
        maximum: 3_600_000,
      }),
    },
    { description: "Reports to the coordinator." },
  ),
});

export type NodeConfig = Static<typeof NodeConfigSchema>;

/** Settings that win over file and environment; what is left out is not touched. */
export type NodeConfigOverrides = { readonly [Section in keyof NodeConfig]?: Partial<NodeConfig[Section]> };

export function nodeConfigFile(folder: string): string {
  return join(folder, "node.toml");
}

/**
 * The settings of the node in `folder`: `node.toml`, then the environment, then `overrides`.
 * @throws AppError INVALID_CONFIG
 */
export function loadNodeConfig(
  folder: string,
  sources: { readonly env: NodeJS.ProcessEnv; readonly overrides?: NodeConfigOverrides },
): NodeConfig {
  const file = nodeConfigFile(folder);
  if (!existsSync(file)) {
    throw new AppError("INVALID_CONFIG", `"${folder}" holds no node: there is no node.toml in it; run node init first`);
  }
  const config = loadConfig(NodeConfigSchema, {
    file,
    env: sources.env,
    envPrefix: NODE_ENV_PREFIX,
    ...(sources.overrides !== undefined && { overrides: sources.overrides }),
  });
  assertNodeConfig(config);
  return config;
}

/** What the settings of the disk say about how much may be held. */
export function quotaOptions(storage: NodeConfig["storage"]): QuotaOptions {
  return {
    bytesMax: storage.max_bytes,
    reservedBytes: storage.reserved_bytes,
    sharesExcess: storage.share_excess,
    diskFreeBytesMin: storage.min_free_disk_bytes,
  };
}

/** What no single key can say. @throws AppError INVALID_CONFIG */
export function assertNodeConfig({ storage }: Pick<NodeConfig, "storage">): void {
  const { max_bytes: max, reserved_bytes: reserved } = storage;
  if (reserved <= max) return;
  throw new AppError(
    "INVALID_CONFIG",
    `storage.reserved_bytes is ${formatByteSize(reserved)}, more than the ${formatByteSize(max)} of storage.max_bytes, ` +
      "of which it is a part: lower the one or raise the other",
    { details: { reserved_bytes: reserved, max_bytes: max } },
  );
}
