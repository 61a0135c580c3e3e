import { fuzzRuns, parseOrRefuse } from "@commonhold/core/testing/fuzz.ts";
import fc from "fast-check";
import { Type } from "typebox";
import { Value } from "typebox/value";
import { expect, it } from "vitest";
import { ByteSize } from "./byte-size-type.ts";
import { loadConfig, renderConfigToml } from "./config.ts";

const Schema = Type.Object({
  name: Type.String({ description: "A name.", minLength: 1, default: "home" }),
  storage: Type.Object({
    max_bytes: ByteSize({ description: "Room.", default: "10GB", minimum: "1MB" }),
    lend: Type.Boolean({ description: "Lend it.", default: true }),
  }),
  network: Type.Object({
    port: Type.Integer({ description: "A port.", minimum: 0, maximum: 65_535, default: 4001 }),
    listen: Type.Array(Type.String(), { description: "Addresses.", default: [], maxItems: 5 }),
    level: Type.Enum(["debug", "info"], { description: "A level.", default: "info" }),
    share: Type.Number({ description: "A share.", default: 0.5 }),
    limits: Type.Object({ per_peer: Type.Integer({ description: "Streams.", minimum: 1, default: 5 }) }),
  }),
  labels: Type.Record(Type.String(), Type.String(), { description: "Labels.", default: {} }),
});
const envPrefix = "COMMONHOLD_NODE_";

const key = fc.constantFrom(
  ..."name storage storage.max_bytes max_bytes lend network port listen level share limits per_peer labels".split(" "),
  ..."__proto__ constructor toString hasOwnProperty 'a b' \"\\u0000\" x.y".split(" "),
);
const value = fc.oneof(
  fc.constantFrom(
    ..."true false 1 -1 4001 70000 1.5 inf nan -0 1e400 9007199254740993 0xff 1979-05-27T07:32:00Z".split(" "),
  ),
  fc.constantFrom(
    '"10GB"',
    '"10G"',
    "''",
    '"""\n"""',
    "[]",
    '["a", "b"]',
    "[1, 'x', []]",
    "{}",
    '{ a = "b" }',
    "{ a.b = 1 }",
    "[[",
  ),
  fc.string({ maxLength: 20 }).map((text) => JSON.stringify(text)),
  fc.string({ maxLength: 20, unit: "binary" }),
);
const line = fc.oneof(
  fc.tuple(key, value).map(([name, given]) => `${name} = ${given}`),
  key.map((name) => `[${name}]`),
  key.map((name) => `[[${name}]]`),
  fc.string({ maxLength: 30, unit: "binary" }),
);
const document = fc.array(line, { maxLength: 12 }).map((lines) => lines.join("\n"));

it("any text and any environment make a configuration that fits, or are refused as a mistake in it", async () => {
  const variable = fc.constantFrom(
    ..."NAME STORAGE_MAX_BYTES STORAGE_LEND NETWORK_PORT NETWORK_LISTEN NETWORK_SHARE NETWORK_LIMITS_PER_PEER LABELS X".split(
      " ",
    ),
  );
  const env = fc.dictionary(
    variable.map((name) => envPrefix + name),
    fc.oneof(value, fc.string()),
    { maxKeys: 3 },
  );
  await fc.assert(
    fc.asyncProperty(document, env, async (text, given) => {
      const outcome = await parseOrRefuse(["INVALID_CONFIG"], () =>
        loadConfig(Schema, { text, env: { ...given }, envPrefix }),
      );
      if ("parsed" in outcome) expect(Value.Check(Schema, outcome.parsed)).toBe(true);
      expect(({} as Record<string, unknown>)["port"]).toBeUndefined();
    }),
    fuzzRuns(3000),
  );
});

it("what is written is read back as it was", () => {
  const text = fc.string({ minLength: 1, maxLength: 40, unit: "binary" }).map((each) => each.toWellFormed());
  const values = fc.record({
    name: text,
    storage: fc.record({ max_bytes: fc.integer({ min: 1_000_000, max: Number.MAX_SAFE_INTEGER }), lend: fc.boolean() }),
    network: fc.record({
      port: fc.integer({ min: 0, max: 65_535 }),
      listen: fc.array(text, { maxLength: 5 }),
      level: fc.constantFrom("debug", "info"),
      // TOML as written here knows no -0.
      share: fc.double({ noNaN: true, noDefaultInfinity: true }).map((share) => share + 0),
      limits: fc.record({ per_peer: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }) }),
    }),
    labels: fc.dictionary(fc.string({ maxLength: 10 }), text, { maxKeys: 3, noNullPrototype: true }),
  });
  fc.assert(
    fc.property(values, (given) => {
      const read = loadConfig(Schema, { text: renderConfigToml(Schema, given), env: {}, envPrefix });
      expect(read).toEqual(given);
    }),
    fuzzRuns(1000),
  );
});
