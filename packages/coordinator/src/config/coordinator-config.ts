import { AppError } from "@commonhold/core/app-error.ts";
import {
  AUDIT_DEADLINE_MS,
  AUDIT_DIFFICULTY_DEFAULT,
  AUDIT_DIFFICULTY_MAX,
} from "@commonhold/core/audit/audit-question.ts";
import { OFFLINE_AFTER_MS, SUSPECT_PHI } from "@commonhold/core/failure/node-status.ts";
import { parseCredits } from "@commonhold/core/credits.ts";
import { COPIES_MAX } from "@commonhold/core/priority.ts";
import { ByteSize } from "@commonhold/runtime/byte-size-type.ts";
import { type ExplainedSetting, explainConfig, loadConfig } from "@commonhold/runtime/config.ts";
import { EXCHANGE_TIMEOUT_MS } from "@commonhold/wire/protocols.ts";
import Type, { type Static } from "typebox";
import { LEAF_COUNT_MAX } from "../audits/audit-options.ts";

export const COORDINATOR_ENV_PREFIX = "COMMONHOLD_COORDINATOR_";

const DAY_S = 24 * 3600;
const HOUR_MS = 3_600_000;

const Credits = (description: string, standard: number) =>
  Type.Number({ description, default: standard, minimum: 0, maximum: 1_000_000_000 });

const Count = (description: string, standard: number, max: number) =>
  Type.Integer({ description, default: standard, minimum: 1, maximum: max });

const http = Type.Object(
  {
    host: Type.String({
      description: "The address that the API listens on. 0.0.0.0 is every address of this machine.",
      default: "127.0.0.1",
      minLength: 1,
    }),
    port: Type.Integer({
      description: "The port that the API listens on; 0 lets the system choose.",
      default: 8080,
      minimum: 0,
      maximum: 65_535,
    }),
    public_url: Type.Optional(
      Type.String({
        description: "Where people and nodes reach the API, if it is not at host and port: behind a proxy, say.",
        pattern: "^https?://[^\\s]+$",
        examples: ["https://storage.example.org"],
      }),
    ),
    trust_proxy: Type.Boolean({
      description:
        "Whether X-Forwarded-For and X-Forwarded-Proto are believed where they come from this machine or a private network.",
      default: false,
    }),
    allowed_hosts: Type.Array(Type.String({ pattern: "^[^\\s:/]+$", minLength: 1, maxLength: 253 }), {
      description:
        "Further names, without port, by which the API may be called from this machine; unknown ones are refused, as a web page can make one point here. IP addresses, localhost, this machine's name and the one in public_url always work; with trust_proxy every name does.",
      default: [],
      maxItems: 64,
    }),
    connections_max: Count("Connections open at once; more are refused.", 4000, 1_000_000),
    event_streams_max: Count("Connections that listen to live events at once; more are refused.", 1000, 1_000_000),
    headers_max_bytes: ByteSize({
      description: "The largest headers of a request.",
      default: "16KiB",
      minimum: "4KiB",
      maximum: "1MiB",
    }),
    headers_timeout_ms: Count("The time for the headers of a request to come.", 30_000, HOUR_MS),
    idle_timeout_ms: Count(
      "A connection on which no byte moves for so long is closed. An upload may take as long as it likes.",
      120_000,
      HOUR_MS,
    ),
    keep_alive_timeout_ms: Count("How long a connection is kept open for the next request.", 65_000, HOUR_MS),
    stop_grace_ms: Type.Integer({
      description: "On the way out: the time for requests under way to end before they are cut.",
      default: 20_000,
      minimum: 0,
      maximum: HOUR_MS,
    }),
  },
  { description: "The API for people and programs." },
);

const Multiaddrs = (description: string, standard: readonly string[]) =>
  Type.Array(Type.String({ pattern: "^/", minLength: 1, maxLength: 512 }), {
    description,
    default: [...standard],
    maxItems: 64,
  });

const p2p = Type.Object(
  {
    listen: Multiaddrs("Multiaddrs at which storage nodes reach the coordinator. Port 0 lets the system choose one.", [
      "/ip4/127.0.0.1/tcp/0",
      "/ip4/127.0.0.1/udp/0/quic-v1",
    ]),
    announce: Multiaddrs("Multiaddrs to tell others in place of those that the coordinator sees itself.", []),
  },
  { description: "The network of storage nodes." },
);

const storage = Type.Object(
  {
    copies: Count("Replicas of every chunk, on as many nodes, where an upload does not ask otherwise.", 3, COPIES_MAX),
    write_quorum: Count("Replicas that are on disk before a write is acknowledged; at most copies.", 2, COPIES_MAX),
    deletion_grace_hours: Type.Number({
      description: "Hours in which a deleted file can be restored; then its bytes are deleted on every node.",
      default: 24,
      minimum: 0,
      maximum: 24 * 365,
    }),
    spool_max_bytes: ByteSize({
      description: "Disk for replicas that wait for their node to return.",
      default: "4GiB",
    }),
  },
  { description: "How chunks are kept." },
);

const credits = Type.Object(
  {
    per_usd: Count("Credits for one dollar.", 100, 1_000_000),
    per_gb_month: Credits("Credits for a GB (10⁹ bytes) of one copy, for one month.", 1),
    node_per_gb_month: Credits(
      "Credits that a node gets for a GB (10⁹ bytes) of one copy, for one month; at most per_gb_month.",
      0.8,
    ),
    arrears_grace_days: Type.Integer({
      description:
        "Days from when an owner's credits have run out until new uploads are refused. Nothing is deleted for it.",
      default: 14,
      minimum: 0,
      maximum: 365,
    }),
    welcome: Credits("Credits that a new account is given.", 10),
    first_account: Credits("Credits that the first account is given.", 1000),
  },
  { description: "What storing costs. Amounts have at most six decimals." },
);

const payments = Type.Object(
  {
    provider: Type.Enum(["local", "stripe"], {
      description: "Who takes the money for credits: local takes none and books at once; stripe is Stripe Checkout.",
      default: "local",
    }),
    stripe_secret_key_file: Type.String({
      description:
        "The file with the secret key of the Stripe account (sk_… or rk_…), mode 0600, from the data folder.",
      default: "stripe-secret.key",
      minLength: 1,
    }),
    stripe_webhook_secret_file: Type.String({
      description:
        "The file with the signing secret of the webhook's endpoint (whsec_…), mode 0600, from the data folder.",
      default: "stripe-webhook.key",
      minLength: 1,
    }),
    stripe_webhook_tolerance_s: Count("Seconds after which what Stripe has signed is too old to count.", 300, 3600),
    stripe_api_url: Type.Optional(
      Type.String({
        description: "A stand-in for Stripe's API, for trials with a test key.",
        pattern: "^https?://[^\\s/]+$",
        examples: ["http://127.0.0.1:12111"],
      }),
    ),
    purchases_per_user_per_hour: Count("Purchases that one user begins in an hour.", 100, 1_000_000),
  },
  { description: "Buying credits; see docs/payments.md." },
);

const accounts = Type.Object(
  {
    access_token_ttl_s: Type.Integer({
      description: "Seconds that an access token is good for.",
      default: 900,
      minimum: 10,
      maximum: DAY_S,
    }),
    refresh_token_ttl_s: Type.Integer({
      description: "Seconds that a login lasts without being renewed.",
      default: 30 * DAY_S,
      minimum: 60,
      maximum: 400 * DAY_S,
    }),
    first_account_email: Type.String({
      description: "E-mail of the admin's account that is made when there is no account; see first-account.json.",
      default: "trial@commonhold.local",
      minLength: 3,
      maxLength: 254,
    }),
    registrations_per_address_per_minute: Count("New accounts from one network address in a minute.", 100, 1_000_000),
    logins_per_address_per_minute: Count("Logins from one network address in a minute.", 300, 1_000_000),
    failed_logins_per_account: Count(
      "Failed logins for one account from one network address within failed_logins_window_s; from everywhere, ten times as many.",
      10,
      1_000_000,
    ),
    failed_logins_window_s: Count("The seconds in which failed logins are counted together.", 300, DAY_S),
    admin_log_days: Count("Days for which the log keeps what admins had done.", 365, 36_500),
    password_hashes_at_once: Count("Passwords checked at once; each takes 19 MiB of memory.", 2, 64),
  },
  { description: "Accounts and logins." },
);

const nodes = Type.Object(
  {
    heartbeat_interval_ms: Type.Integer({
      description: "How often a storage node reports.",
      default: 30_000,
      minimum: 100,
      maximum: HOUR_MS,
    }),
    phi_threshold: Type.Number({
      description:
        "How suspicious a node's silence must be before it is given nothing more: at 8, one suspicion in 10⁸ is wrong.",
      default: SUSPECT_PHI,
      minimum: 1,
      maximum: 100,
    }),
    offline_after_s: Type.Integer({
      description:
        "A node that is silent for so many seconds, and for three heartbeats at least, counts as dead: its copies are made anew elsewhere.",
      default: OFFLINE_AFTER_MS / 1000,
      minimum: 1,
      maximum: DAY_S,
    }),
    registrations_per_address_per_minute: Count(
      "Nodes that register from one network address in a minute.",
      300,
      1_000_000,
    ),
    join_tokens_per_user_per_hour: Count("Join tokens that one user makes in an hour.", 600, 1_000_000),
  },
  { description: "Storage nodes." },
);

const repair = Type.Object(
  {
    bytes_per_second: ByteSize({
      description: "What repair copies in a second, of all nodes together.",
      default: "256MiB",
      minimum: "64KiB",
    }),
    bytes_per_second_per_node: ByteSize({
      description: "What repair copies in a second from one node, and as much again to it.",
      default: "32MiB",
      minimum: "64KiB",
    }),
    concurrent: Count("Copies that repair makes at once, of all nodes together.", 32, 1000),
    concurrent_per_node: Count("Copies that repair makes at once from one node, and as many again to it.", 2, 12),
    sweep_interval_s: Count("Seconds from one look through all chunks to the next.", 300, DAY_S),
    surplus_delay_s: Count("Seconds that a copy too many is kept, in case a node goes away again.", 600, 30 * DAY_S),
  },
  { description: "How missing copies are made." },
);

const audits = Type.Object(
  {
    interval_hours: Type.Number({
      description: "Hours in which every copy is audited once.",
      default: 4,
      minimum: 0.02,
      maximum: 24 * 30,
    }),
    deadline_ms: Type.Integer({
      description: "An answer counts only within this time; what comes later is late, and no proof.",
      default: AUDIT_DEADLINE_MS,
      minimum: 100,
      maximum: EXCHANGE_TIMEOUT_MS.proofChallenge,
    }),
    difficulty: Count("Iterations of the hash that closes an answer.", AUDIT_DIFFICULTY_DEFAULT, AUDIT_DIFFICULTY_MAX),
    leaves_per_chunk: Count("Pieces of 16 KiB that are asked of each chunk.", 1, LEAF_COUNT_MAX),
    concurrent: Count("Nodes that are asked at once.", 8, 1000),
    bytes_per_second_per_node: ByteSize({
      description: "What one node is made to read in a second.",
      default: "16MiB",
      minimum: "64KiB",
    }),
    vetting_count: Count("Audits of single copies that a new node passes before it is trusted.", 100, 1_000_000),
    vetting_days: Type.Number({
      description: "Days from the first of these until it is trusted, at least.",
      default: 3,
      minimum: 0,
      maximum: 365,
    }),
  },
  { description: "How nodes are made to show that they have what they were given." },
);

const limits = Type.Object(
  {
    transfer_memory_bytes: ByteSize({
      description: "Memory for chunks on their way in and out; requests wait for their share of it.",
      default: "24MiB",
      minimum: "24MiB",
    }),
    chunk_cache_bytes: ByteSize({
      description:
        "Memory for small sealed chunks, of up to 64 KiB, that were read or written last; 0 keeps none. It comes on top.",
      default: "16MiB",
    }),
    transfers_per_node: Count(
      "Transfers with one storage node at once. A node refuses more than 12 stores of one peer.",
      5,
      12,
    ),
  },
  { description: "What the coordinator takes on at once." },
);

const log = Type.Object(
  {
    level: Type.Enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"], {
      description: "Log lines below this level are not written.",
      default: "info",
    }),
  },
  { description: "The log, on standard output: JSON lines, or lines for people where that is a terminal." },
);

/** Every setting of a coordinator, as it stands in `coordinator.toml`. */
export const CoordinatorConfigSchema = Type.Object({
  http,
  p2p,
  storage,
  credits,
  payments,
  accounts,
  nodes,
  repair,
  audits,
  limits,
  log,
});

export type CoordinatorConfig = Static<typeof CoordinatorConfigSchema>;

export interface CoordinatorConfigSources {
  /** A TOML file; by custom `coordinator.toml` in the data folder, which may be missing. */
  readonly file?: string;
  readonly fileOptional?: boolean;
  readonly text?: string;
  readonly env: NodeJS.ProcessEnv;
  readonly overrides?: object;
  readonly defaults?: object;
}

/** @throws AppError INVALID_CONFIG naming source, key, value and what would be right */
export function loadCoordinatorConfig(sources: CoordinatorConfigSources): CoordinatorConfig {
  const config = loadConfig(CoordinatorConfigSchema, { ...sources, envPrefix: COORDINATOR_ENV_PREFIX });
  const { copies, write_quorum } = config.storage;
  if (write_quorum > copies) {
    throw new AppError(
      "INVALID_CONFIG",
      `storage.write_quorum is ${write_quorum}: it must be at most storage.copies, which is ${copies}`,
    );
  }
  for (const key of ["per_gb_month", "node_per_gb_month", "welcome", "first_account"] as const) {
    microCreditsOf(config.credits[key], `credits.${key}`);
  }
  const { per_gb_month, node_per_gb_month } = config.credits;
  if (node_per_gb_month > per_gb_month) {
    throw new AppError(
      "INVALID_CONFIG",
      `credits.node_per_gb_month is ${node_per_gb_month}: it must be at most credits.per_gb_month, which is ` +
        `${per_gb_month}, as nodes are paid out of what owners are charged`,
    );
  }
  return config;
}

/** Every setting that `loadCoordinatorConfig` gives for the same sources, and where it comes from. */
export function explainCoordinatorConfig(sources: CoordinatorConfigSources): readonly ExplainedSetting[] {
  return explainConfig(CoordinatorConfigSchema, { ...sources, envPrefix: COORDINATOR_ENV_PREFIX });
}

/**
 * A configured amount of credits in micro-credits, exactly.
 * @throws AppError INVALID_CONFIG for more than six decimals
 */
export function microCreditsOf(credits: number, key: string): bigint {
  try {
    return parseCredits(String(credits));
  } catch (cause) {
    throw new AppError("INVALID_CONFIG", `${key} is ${credits}: give an amount with at most six decimals`, { cause });
  }
}
