import { ERROR_CODES, type ErrorCode, isErrorCode } from "@commonhold/core/error-codes.ts";
import { fuzzRuns, parseOrRefuse } from "@commonhold/core/testing/fuzz.ts";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createCoordinatorApi } from "./coordinator-api.ts";

const CODES = Object.keys(ERROR_CODES) as ErrorCode[];
const never = new AbortController().signal;
const report = {
  addresses: [],
  capacity_bytes: 1,
  used_bytes: 0,
  free_bytes: 1,
  free_bytes_own: 1,
  wanted_free_bytes: 0,
  version: "1",
  chunk_count: 0,
  draining: false,
};
const HEARTBEAT = {
  status: "active",
  heartbeat_interval_ms: 30_000,
  coordinator: { peer_id: "peer", addresses: ["/ip4/127.0.0.1/tcp/1"] },
  members: ["a", "b"],
  credits: { earned: "1.5", pending: "0", paid: "0" },
  drain: { chunks_left: 1, bytes_left: 2, safe_to_stop: false },
};

const strange = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.string({ unit: "binary", maxLength: 200 }));
const bent = fc
  .array(fc.tuple(fc.constantFrom(...Object.keys(HEARTBEAT), "__proto__", "more"), strange), { maxLength: 3 })
  .map((changes) => JSON.stringify({ ...HEARTBEAT, ...Object.fromEntries(changes) }));
const refusal = fc
  .record({ code: fc.oneof(fc.constantFrom(...CODES), strange), message: strange })
  .map((error) => JSON.stringify({ error }));
const text = fc.oneof(bent, refusal, fc.json(), fc.string({ unit: "binary", maxLength: 300 }));

it("whatever comes in a coordinator's place, the node understands an answer, or says what is wrong with it", async () => {
  const status = fc.constantFrom(200, 201, 204, 301, 400, 401, 403, 404, 409, 429, 500, 502, 503);
  await fc.assert(
    fc.asyncProperty(status, text, async (code, body) => {
      const answer = () => new Response(code === 204 ? null : body, { status: code });
      const api = createCoordinatorApi(
        { fetch: async () => answer() },
        { url: "http://coordinator", timeoutMs: 60_000 },
      );
      const outcome = await parseOrRefuse(CODES, () => api.heartbeat("key", report, never));
      if ("parsed" in outcome) {
        expect(code).toBeLessThan(300);
        expect(outcome.parsed.heartbeat_interval_ms).toBeGreaterThanOrEqual(100);
        for (const member of outcome.parsed.members) expect(typeof member).toBe("string");
        return;
      }
      if (code < 300) expect(outcome.refusal.code).toBe("PROTOCOL_ERROR");
      if (outcome.refusal.code !== "INTERNAL") return;
      // Only where the coordinator says so, or says what this node does not know.
      const said = JSON.parse(body).error.code as unknown;
      expect(said === "INTERNAL" || !isErrorCode(said)).toBe(true);
    }),
    fuzzRuns(3000),
  );
});
