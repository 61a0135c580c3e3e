import { describeConfig, renderConfigToml } from "@commonhold/runtime/config.ts";
import { describe, expect, it } from "vitest";
import {
  COORDINATOR_ENV_PREFIX,
  CoordinatorConfigSchema,
  loadCoordinatorConfig,
  microCreditsOf,
} from "./coordinator-config.ts";

const refused = (text: string, env: NodeJS.ProcessEnv = {}) => {
  try {
    loadCoordinatorConfig({ text, env });
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error(`taken: ${text}`);
};

describe("loadCoordinatorConfig", () => {
  it("has these defaults, which change on purpose only", () => {
    expect(loadCoordinatorConfig({ env: {} })).toEqual({
      http: {
        host: "127.0.0.1",
        port: 8080,
        trust_proxy: false,
        allowed_hosts: [],
        connections_max: 4000,
        event_streams_max: 1000,
        headers_max_bytes: 16_384,
        headers_timeout_ms: 30_000,
        idle_timeout_ms: 120_000,
        keep_alive_timeout_ms: 65_000,
        stop_grace_ms: 20_000,
      },
      p2p: { listen: ["/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"], announce: [] },
      storage: { copies: 3, write_quorum: 2, spool_max_bytes: 4_294_967_296, deletion_grace_hours: 24 },
      credits: {
        per_usd: 100,
        per_gb_month: 1,
        node_per_gb_month: 0.8,
        arrears_grace_days: 14,
        welcome: 10,
        first_account: 1000,
      },
      payments: {
        provider: "local",
        stripe_secret_key_file: "stripe-secret.key",
        stripe_webhook_secret_file: "stripe-webhook.key",
        stripe_webhook_tolerance_s: 300,
        purchases_per_user_per_hour: 100,
      },
      accounts: {
        access_token_ttl_s: 900,
        refresh_token_ttl_s: 2_592_000,
        first_account_email: "trial@commonhold.local",
        registrations_per_address_per_minute: 100,
        logins_per_address_per_minute: 300,
        failed_logins_per_account: 10,
        failed_logins_window_s: 300,
        admin_log_days: 365,
        password_hashes_at_once: 2,
      },
      nodes: {
        heartbeat_interval_ms: 30_000,
        phi_threshold: 8,
        offline_after_s: 180,
        registrations_per_address_per_minute: 300,
        join_tokens_per_user_per_hour: 600,
      },
      repair: {
        bytes_per_second: 256 * 1024 * 1024,
        bytes_per_second_per_node: 32 * 1024 * 1024,
        concurrent: 32,
        concurrent_per_node: 2,
        sweep_interval_s: 300,
        surplus_delay_s: 600,
      },
      audits: {
        interval_hours: 4,
        deadline_ms: 2_000,
        difficulty: 16,
        leaves_per_chunk: 1,
        concurrent: 8,
        bytes_per_second_per_node: 16 * 1024 * 1024,
        vetting_count: 100,
        vetting_days: 3,
      },
      limits: {
        transfer_memory_bytes: 24 * 1024 * 1024,
        chunk_cache_bytes: 16 * 1024 * 1024,
        transfers_per_node: 5,
      },
      log: { level: "info" },
    });
  });

  it("reads back the file that it renders", () => {
    const text = renderConfigToml(CoordinatorConfigSchema, { http: { port: 9000 } });
    expect(loadCoordinatorConfig({ text, env: {} }).http.port).toBe(9000);
  });

  it("explains every key", () => {
    for (const row of describeConfig(CoordinatorConfigSchema, COORDINATOR_ENV_PREFIX)) {
      expect(row.description, row.name).not.toBe("");
    }
  });

  it("takes sizes as people write them, and the environment above the file", () => {
    const env = { COMMONHOLD_COORDINATOR_STORAGE_SPOOL_MAX_BYTES: "10GB" };
    const config = loadCoordinatorConfig({ text: '[storage]\nspool_max_bytes = "1GB"', env });
    expect(config.storage.spool_max_bytes).toBe(10_000_000_000);
  });

  it.each([
    ["[http]\nport = 70000", "http.port"],
    ["[http]\nprot = 80", "http.port"],
    ['[http]\npublic_url = "storage.example.org"', "public_url"],
    ['[log]\nlevel = "loud"', "log.level"],
    ['[p2p]\nlisten = ["127.0.0.1:4001"]', "p2p.listen"],
    ['[http]\nallowed_hosts = ["a.example:80"]', "http.allowed_hosts"],
    ["[limits]\ntransfers_per_node = 13", "limits.transfers_per_node"],
    ["[storage]\ncopies = 1\nwrite_quorum = 2", "storage.write_quorum"],
    ["[credits]\nwelcome = 0.0000001", "credits.welcome"],
    ["[credits]\nper_usd = 0.5", "credits.per_usd"],
    ["[credits]\nnode_per_gb_month = 1.1", "credits.node_per_gb_month"],
    ["[credits]\nper_gb_month = 0.5", "credits.node_per_gb_month"],
    ["[credits]\narrears_grace_days = -1", "credits.arrears_grace_days"],
    ['[payments]\nprovider = "paypal"', "payments.provider"],
    ["[payments]\nstripe_webhook_tolerance_s = 0", "payments.stripe_webhook_tolerance_s"],
  ])("refuses %j naming the key", (text, key) => {
    expect(refused(text)).toMatchObject({ code: "INVALID_CONFIG", message: expect.stringContaining(key) });
  });
});

describe("microCreditsOf", () => {
  it("is exact", () => {
    expect(microCreditsOf(0.1, "x")).toBe(100_000n);
    expect(microCreditsOf(1000, "x")).toBe(1_000_000_000n);
    expect(microCreditsOf(0, "x")).toBe(0n);
  });
});
