import { isErrorCode } from "@commonhold/core/error-codes.ts";
import { isNodeId } from "@commonhold/core/ids.ts";
import { fuzzRuns } from "@commonhold/core/testing/fuzz.ts";
import { createIdentity } from "@commonhold/p2p/identity.ts";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Answer } from "../http/api-caller.fixture.ts";
import { type ApiFixture, createApiFixture, HEARTBEAT, registrationOf } from "../http/api.fixture.ts";

const HEARTBEATS = "/api/v1/nodes/heartbeat";
const REGISTER = "/api/v1/nodes/register";

let api: ApiFixture;
let apiKey: string;
let token: string;
beforeAll(async () => {
  api = await createApiFixture({ engine: "memory" });
  const operator = await api.newUser();
  ({ apiKey } = await api.newNode(operator, "attic"));
  token = operator.accessToken;
});
afterAll(() => api.close());

const strange = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: "binary", maxLength: 600 }),
  fc.constantFrom<unknown>(-1, -0, 1.5, 2 ** 53, 1e300, "1", "", null, [], {}, true, "\u0000", "\ud800"),
);
const address = fc.oneof(
  fc.constantFrom(
    "/ip4/192.0.2.7/tcp/4001",
    "/",
    "/p2p",
    "//////",
    "/ip4/999.0.0.1/tcp/99999",
    "/dnsaddr/x",
    "/unix/\u0000",
  ),
  fc.string({ unit: "binary", maxLength: 520 }).map((text) => `/${text}`),
);
const addresses = fc.oneof(fc.array(address, { maxLength: 66 }), strange);

/** `whole` with some of its fields changed, left out or added. */
function bentOf(whole: object): fc.Arbitrary<Record<string, unknown>> {
  const names = fc.constantFrom(...Object.keys(whole), "__proto__", "constructor", "more");
  const changes = fc.array(fc.tuple(names, fc.oneof(strange, fc.constant(undefined))), { maxLength: 4 });
  return fc.tuple(changes, fc.option(addresses, { nil: undefined })).map(([changed, announced]) => ({
    ...whole,
    ...(announced !== undefined && { addresses: announced }),
    ...Object.fromEntries(changed),
  }));
}

/** Taken, or refused as the caller's own mistake, by a code that is documented. */
function expectSensible({ status, body }: Answer, taken: number): void {
  if (status === taken) return;
  expect([400, 401, 403, 409, 413, 429]).toContain(status);
  expect(isErrorCode(body.error.code)).toBe(true);
}

it("any heartbeat is taken as it is or refused; what is listed afterwards is well-formed", async () => {
  await fc.assert(
    fc.asyncProperty(bentOf(HEARTBEAT), async (body) => {
      const answer = await api.call("POST", HEARTBEATS, { apiKey, body });
      expectSensible(answer, 200);
      const { items } = (await api.call("GET", "/api/v1/nodes", { token })).body;
      const node = items.find(({ name }: { name: string }) => name === "attic");
      const announced = answer.status === 200 ? (body["addresses"] as string[]) : node.addresses;
      for (const each of node.addresses) expect(announced).toContain(each);
      for (const each of node.addresses) expect(each).toMatch(/^\/(ip4|ip6|dns|dns4|dns6)\/[^/]/);
      for (const field of ["capacity_bytes", "used_bytes", "free_bytes", "chunk_count"]) {
        expect(Number.isSafeInteger(node[field]) && node[field] >= 0).toBe(true);
      }
    }),
    fuzzRuns(300),
  );
});

it("any registration makes the node it says and proves, or none", async () => {
  const identity = createIdentity();
  const claim = { joinToken: "chj_token", name: "cellar", timestampMs: api.clock.nowMs() };
  const whole = registrationOf(identity, claim);
  const before = [...api.directory.members()];
  const peerId = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc
      .string({
        unit: fc.constantFrom(..."123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".split("")),
        minLength: 44,
        maxLength: 44,
      })
      .map((rest) => `12D3KooW${rest}`),
  );
  await fc.assert(
    fc.asyncProperty(bentOf(whole), fc.option(peerId, { nil: undefined }), async (bent, other) => {
      const body = other === undefined ? bent : { ...bent, peer_id: other };
      const answer = await api.call("POST", REGISTER, { body });
      expectSensible(answer, 201);
      // No such token was ever made, so none of them can have been taken.
      expect(answer.status).not.toBe(201);
      if (other !== undefined && !isNodeId(other)) expect(answer.body.error.code).not.toBe("INVALID_JOIN_TOKEN");
      expect([...api.directory.members()]).toEqual(before);
    }),
    fuzzRuns(300),
  );
});

it("any bytes for a body are refused", async () => {
  const text = fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.json({ maxDepth: 8 }));
  await fc.assert(
    fc.asyncProperty(text, fc.constantFrom(HEARTBEATS, REGISTER), async (body, url) => {
      const headers = { "content-type": "application/json" };
      const answer = await api.call("POST", url, { apiKey, body, headers });
      expect(["INVALID_REQUEST", "TOO_MANY_REQUESTS"]).toContain(answer.body.error.code);
    }),
    fuzzRuns(300),
  );
});
