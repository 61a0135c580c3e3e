import { expect, it } from "vitest";
import { buildLateSerializers } from "./late-serializers.ts";

const said = { type: "object", properties: { said: { type: "string" } }, additionalProperties: false };

it("an answer is written as its schema says: nothing that the schema does not have", () => {
  const serialize = buildLateSerializers()({ schema: said });
  expect(serialize({ said: "yes", secret: "no" })).toBe('{"said":"yes"}');
  expect(serialize({ said: 'a "b"' })).toBe('{"said":"a \\"b\\""}');
});

it("a schema is compiled when it is needed first, and once for all calls that share it", () => {
  let looks = 0;
  const watched = new Proxy(said, {
    get: (schema, name, receiver) => {
      looks += 1;
      return Reflect.get(schema, name, receiver) as unknown;
    },
  });
  const compile = buildLateSerializers();
  const [first, second] = [compile({ schema: watched }), compile({ schema: watched })];
  expect(looks).toBe(0);
  first({ said: "yes" });
  expect(looks).toBeGreaterThan(0);
  const once = looks;
  expect(second({ said: "again" })).toBe('{"said":"again"}');
  expect(looks).toBe(once);
});
