import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasCode } from "@commonhold/core/app-error.ts";
import fc from "fast-check";
import { Type } from "typebox";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ByteSize } from "./byte-size-type.ts";
import { describeConfig, explainConfig, loadConfig, renderConfigToml } from "./config.ts";

const Schema = Type.Object({
  name: Type.String({ description: "How people call it.", minLength: 1, default: "home" }),
  storage: Type.Object(
    {
      max_bytes: ByteSize({ description: "How much it holds.", default: "10GB", minimum: "1MB", maximum: "1PB" }),
      share_excess: Type.Boolean({ description: "Whether the rest is lent.", default: true }),
      eviction: Type.Union([Type.Literal("lru"), Type.Literal("hybrid")], {
        description: "What goes.",
        default: "lru",
      }),
    },
    { description: "The disk." },
  ),
  network: Type.Object({
    port: Type.Integer({ description: "Where it listens.", minimum: 0, maximum: 65_535, default: 4001 }),
    listen: Type.Array(Type.String(), { description: "Addresses.", default: [] }),
    share: Type.Number({ description: "How much of the line.", minimum: 0, default: 0.5 }),
    api_key: Type.Optional(Type.String({ description: "A key.", minLength: 8 })),
    limits: Type.Object({ per_peer: Type.Integer({ description: "Streams.", minimum: 1, default: 5 }) }),
  }),
  labels: Type.Record(Type.String(), Type.String(), { description: "Free labels.", default: {} }),
});

const DEFAULTS = {
  name: "home",
  storage: { max_bytes: 10_000_000_000, share_excess: true, eviction: "lru" },
  network: { port: 4001, listen: [], share: 0.5, limits: { per_peer: 5 } },
  labels: {},
};
const envPrefix = "COMMONHOLD_NODE_";

function load(text: string, env: NodeJS.ProcessEnv = {}, overrides: object = {}) {
  return loadConfig(Schema, { text, env, envPrefix, overrides });
}

function mistakeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (hasCode(error, "INVALID_CONFIG")) return error.message;
    throw error;
  }
  return "no mistake found";
}

describe("loadConfig", () => {
  it("gives the defaults where nothing is set", () => {
    expect(load("")).toEqual(DEFAULTS);
  });

  it("takes other defaults, over which each key of the file and the environment wins by itself", () => {
    const defaults = { name: "trial", network: { port: 1, share: 0.1 } };
    const env = { COMMONHOLD_NODE_NETWORK_SHARE: "0.2" };
    const { name, network } = loadConfig(Schema, { text: "[network]\nport = 2", env, envPrefix, defaults });
    expect([name, network.port, network.share, network.limits.per_peer]).toEqual(["trial", 2, 0.2, 5]);
  });

  it("lets the environment win over the file, and the options over both", () => {
    const text = 'name = "file"\n[network]\nport = 1\nshare = 0.1\n[network.limits]\nper_peer = 2';
    const env = { COMMONHOLD_NODE_NAME: "environment", COMMONHOLD_NODE_NETWORK_PORT: "2" };
    const config = load(text, env, { network: { port: 3, listen: undefined } });
    expect(config).toMatchObject({ name: "environment", network: { port: 3, share: 0.1, limits: { per_peer: 2 } } });
  });

  it.each([
    ["STORAGE_MAX_BYTES", "2GiB", { storage: { max_bytes: 2_147_483_648 } }],
    ["STORAGE_SHARE_EXCESS", "False", { storage: { share_excess: false } }],
    ["STORAGE_SHARE_EXCESS", "1", { storage: { share_excess: true } }],
    ["STORAGE_EVICTION", "hybrid", { storage: { eviction: "hybrid" } }],
    ["NETWORK_LIMITS_PER_PEER", "9", { network: { limits: { per_peer: 9 } } }],
    ["NETWORK_SHARE", "1e-2", { network: { share: 0.01 } }],
    [
      "NETWORK_LISTEN",
      "/ip4/0.0.0.0/tcp/1, /ip6/::/tcp/1",
      { network: { listen: ["/ip4/0.0.0.0/tcp/1", "/ip6/::/tcp/1"] } },
    ],
    ["NETWORK_LISTEN", '["a,b"]', { network: { listen: ["a,b"] } }],
    ["NETWORK_PORT", "", { network: { port: 4001 } }],
    ["LABELS", "site=home, power=a", { labels: { site: "home", power: "a" } }],
    ["LABELS", '{"site":"a=b"}', { labels: { site: "a=b" } }],
    ["PORT_4001_TCP_ADDR", "10.0.0.1", {}],
    ["SERVICE_HOST", "10.0.0.1", {}],
  ])("reads COMMONHOLD_NODE_%s=%s", (variable, text, expected) => {
    expect(load("", { [`${envPrefix}${variable}`]: text })).toMatchObject(expected);
  });

  it("leaves other variables alone", () => {
    const env = { COMMONHOLD_NODE_EXTRA: "1", COMMONHOLD_COORDINATOR_NAME: "x", PATH: "/bin" };
    expect(loadConfig(Schema, { env, envPrefix, envIgnored: ["COMMONHOLD_NODE_EXTRA"] })).toEqual(DEFAULTS);
  });

  it.each([
    ["nam = 'x'", "nam in the configuration is no setting: did you mean name?"],
    ["[storage]\nmax_byte = 1", "storage.max_byte in the configuration is no setting: did you mean storage.max_bytes?"],
    ["max_bytes = '1GB'", "max_bytes in the configuration is no setting: did you mean storage.max_bytes?"],
    ["[storge]\nx = 1", "did you mean storage?"],
    ["[network]\nzzzzzz = 1", "[network] has port, listen, share, api_key, limits"],
    ["__proto__ = 1", "__proto__ in the configuration is no setting"],
    ["[constructor]\nname = 1", "constructor in the configuration is no setting"],
    ["storage = '1GB'", "storage in the configuration is a section: write its settings below a line [storage]"],
    ["name = 7", "name in the configuration is 7: it must be a text at least 1 long"],
    ["name = ''", 'name in the configuration is "": it must be a text at least 1 long'],
    [
      "[network]\nport = 70000",
      "network.port in the configuration is 70000: it must be a whole number from 0 to 65535",
    ],
    ["[network]\nport = '4001'", 'network.port in the configuration is "4001"'],
    ["[network]\nport = 1.5", "network.port in the configuration is 1.5"],
    ["[network]\nlisten = 'x'", "it must be a list, each item a text"],
    ["[network]\nlisten = [1]", "network.listen in the configuration is [1]"],
    ["[network.limits]\nper_peer = 0", "it must be a whole number of at least 1"],
    [
      "[storage]\nmax_bytes = '10 gigs'",
      'storage.max_bytes in the configuration is "10 gigs": it must be a byte size from 1MB to 1PB',
    ],
    ["[storage]\nmax_bytes = 5", "storage.max_bytes in the configuration is 5: it must be a byte size from 1MB"],
    ["[storage]\nshare_excess = 'yes'", "it must be true or false"],
    ["[storage]\neviction = 'fifo'", 'it must be "lru" or "hybrid"'],
    ["[labels]\nsite = 3", 'labels in the configuration is {"site":3}: it must be a table'],
    ["name = 1979-05-27", "name in the configuration is"],
    ["name = ", "the configuration is no valid TOML (line 1, column"],
    ["name = 'a'\nname = 'b'", "the configuration is no valid TOML (line 2, column"],
  ])("refuses %j", (text, message) => {
    expect(mistakeOf(() => load(text))).toContain(message);
  });

  it.each([
    ["NETWORK_PORT", "http", 'COMMONHOLD_NODE_NETWORK_PORT is "http": it must be a whole number from 0 to 65535'],
    [
      "NETWORK_PROT",
      "1",
      "COMMONHOLD_NODE_NETWORK_PROT stands for no setting: did you mean COMMONHOLD_NODE_NETWORK_PORT?",
    ],
    ["STORAGE_SHARE_EXCESS", "yes", "COMMONHOLD_NODE_STORAGE_SHARE_EXCESS"],
    ["LABELS", "home", "COMMONHOLD_NODE_LABELS"],
  ])("refuses COMMONHOLD_NODE_%s=%s", (variable, text, message) => {
    expect(mistakeOf(() => load("", { [`${envPrefix}${variable}`]: text }))).toContain(message);
  });

  it("names a wrong option", () => {
    expect(mistakeOf(() => load("", {}, { network: { port: -1 } }))).toContain("network.port in the options is -1");
  });

  it("never shows a secret", () => {
    const message = mistakeOf(() => load("[network]\napi_key = 'hunter2'"));
    expect(message).toContain("network.api_key");
    expect(message).not.toContain("hunter2");
  });

  it("tells every mistake at once", () => {
    const message = mistakeOf(() => load("nam = 'x'\n[network]\nport = -1", { COMMONHOLD_NODE_X: "1" }));
    expect(message).toMatch(/has 3 mistakes:\n- nam .*\n- the environment's COMMONHOLD_NODE_X .*\n- network\.port /);
  });

  it("says how to give a setting that has no default", () => {
    const Needy = Type.Object({
      coordinator: Type.Object({ url: Type.String({ description: "URL.", examples: ["http://x"] }) }),
    });
    const message = mistakeOf(() => loadConfig(Needy, { env: {}, envPrefix }));
    const advice = 'give a text such as "http://x", in the file or as COMMONHOLD_NODE_COORDINATOR_URL';
    expect(message).toBe(`coordinator.url is not set: ${advice}`);
  });
});

describe("loadConfig of a file", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "commonhold-config-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("reads it and names it in mistakes", async () => {
    const file = join(folder, "node.toml");
    await writeFile(file, 'name = "attic"');
    expect(loadConfig(Schema, { file, env: {}, envPrefix }).name).toBe("attic");
    await writeFile(file, "name = 1");
    expect(mistakeOf(() => loadConfig(Schema, { file, env: {}, envPrefix }))).toContain(`name in ${file} is 1`);
  });

  it("may be missing only where that is allowed, and is a file of a sane size", async () => {
    const file = join(folder, "missing.toml");
    expect(mistakeOf(() => loadConfig(Schema, { file, env: {}, envPrefix }))).toContain("there is no such file");
    expect(loadConfig(Schema, { file, fileOptional: true, env: {}, envPrefix })).toEqual(DEFAULTS);
    expect(mistakeOf(() => loadConfig(Schema, { file: folder, env: {}, envPrefix }))).toContain("EISDIR");
    const large = join(folder, "large.toml");
    await writeFile(large, "#".repeat(1024 * 1024 + 1));
    expect(mistakeOf(() => loadConfig(Schema, { file: large, env: {}, envPrefix }))).toContain("over 1 MiB");
  });
});

describe("explainConfig", () => {
  it("says of every setting what it is and where it comes from, the one that wins", () => {
    const explained = explainConfig(Schema, {
      defaults: { network: { port: 1, share: 0.1 } },
      text: '[network]\nport = 2\nlisten = ["a"]\n[storage]\nmax_bytes = "2MB"\n',
      env: { X_NETWORK_PORT: "3", X_STORAGE_EVICTION: "hybrid" },
      envPrefix: "X_",
      overrides: { network: { port: 4 } },
    });
    const byName = new Map(explained.map(({ name, value, origin }) => [name, [value, origin]]));
    expect(Object.fromEntries(byName)).toEqual({
      name: ["home", { kind: "default" }],
      "storage.max_bytes": [2_000_000, { kind: "file" }],
      "storage.share_excess": [true, { kind: "default" }],
      "storage.eviction": ["hybrid", { kind: "environment", where: "X_STORAGE_EVICTION" }],
      "network.port": [4, { kind: "option" }],
      "network.listen": [["a"], { kind: "file" }],
      "network.share": [0.1, { kind: "preset" }],
      "network.api_key": [undefined, { kind: "default" }],
      "network.limits.per_peer": [5, { kind: "default" }],
      labels: [{}, { kind: "default" }],
    });
    expect(explained[0]?.description).toBe("How people call it.");
  });

  it("names the file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "commonhold-config-"));
    try {
      const file = join(folder, "x.toml");
      await writeFile(file, 'name = "barn"\n');
      const [name] = explainConfig(Schema, { file, env: {}, envPrefix: "X_" });
      expect(name).toMatchObject({ value: "barn", origin: { kind: "file", where: file } });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe("renderConfigToml", () => {
  const text = fc.string({ minLength: 1, unit: "grapheme" });
  const values = fc.record({
    name: text,
    storage: fc.record({
      max_bytes: fc.integer({ min: 1_000_000, max: 10 ** 15 }),
      share_excess: fc.boolean(),
      eviction: fc.constantFrom("lru" as const, "hybrid" as const),
    }),
    network: fc.record({
      port: fc.nat(65_535),
      listen: fc.array(text),
      share: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
      api_key: fc.string({ minLength: 8, unit: "binary-ascii" }),
      limits: fc.record({ per_peer: fc.integer({ min: 1, max: 1000 }) }),
    }),
    labels: fc.dictionary(text, text),
  });

  it("is read back as the same number where that is too large for an integer", () => {
    for (const share of [2 ** 53, 2 ** 53 - 1, 1e21]) {
      expect(load(renderConfigToml(Schema, { name: "a", network: { share } })).network.share).toBe(share);
    }
  });

  it("is read back as the same values", () => {
    fc.assert(
      fc.property(values, (config) => {
        expect(load(renderConfigToml(Schema, config))).toEqual({ ...config, labels: { ...config.labels } });
      }),
    );
  });

  it("without values gives the defaults, every setting explained and commented out", () => {
    const toml = renderConfigToml(Schema);
    expect(load(toml)).toEqual(DEFAULTS);
    for (const row of describeConfig(Schema)) expect(toml).toContain(`# ${row.description}`);
    expect(load(toml.replaceAll(/^# (\w+ = .+)$/gm, "$1"))).toEqual(DEFAULTS);
  });

  it("reads well", () => {
    const Small = Type.Object({
      storage: Type.Object({ max_bytes: ByteSize({ description: "How much.", default: "10GB" }) }),
    });
    expect(renderConfigToml(Small, { storage: { max_bytes: 512 * 1024 * 1024 } })).toBe(
      '[storage]\n\n# How much.\n# Takes a byte size, such as "10GB" or "512MiB".\nmax_bytes = "512MiB"\n',
    );
  });
});

describe("describeConfig", () => {
  it("has a row for every setting, with its variable and default", () => {
    const rows = describeConfig(Schema, envPrefix);
    expect(rows.map((row) => row.name)).toEqual([
      "name",
      "labels",
      "storage.max_bytes",
      "storage.share_excess",
      "storage.eviction",
      "network.port",
      "network.listen",
      "network.share",
      "network.api_key",
      "network.limits.per_peer",
    ]);
    expect(rows.find((row) => row.name === "network.limits.per_peer")).toEqual({
      name: "network.limits.per_peer",
      env: "COMMONHOLD_NODE_NETWORK_LIMITS_PER_PEER",
      type: "a whole number of at least 1",
      default: "5",
      description: "Streams.",
    });
    expect(rows.find((row) => row.name === "network.api_key")?.default).toBeUndefined();
  });
});
