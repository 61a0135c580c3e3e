import { isErrorCode } from "@commonhold/core/error-codes.ts";
import { isChunkName } from "@commonhold/core/ids.ts";
import { fuzzRuns } from "@commonhold/core/testing/fuzz.ts";
import fc from "fast-check";
import { expect, it, onTestFinished } from "vitest";
import { openTestStore, silentLogger } from "../testing/open-test-store.ts";
import { tempFolder } from "../testing/temp-folder.ts";
import { testChunk } from "../testing/test-chunks.ts";
import { createAdminServer } from "./admin-server.ts";
import type { NodeStatus } from "./node-status.ts";

it("any query for chunks gets a page of them, or is refused as the caller's mistake", async () => {
  const store = await openTestStore(tempFolder());
  const chunks = Array.from({ length: 3 }, (_, seed) => testChunk(seed));
  for (const { name, sealed } of chunks) await store.store(name, sealed);
  const server = createAdminServer({
    version: "1",
    uptimeS: () => 5,
    status: async () => ({}) as NodeStatus,
    listChunks: (page) => store.listHeld(page),
    setDraining: async () => {},
    startScrub: () => {},
    metrics: { contentType: "text/plain", text: async () => "" },
    logger: silentLogger,
  });
  onTestFinished(async () => {
    await server.close();
    await store.close();
  });
  const cursor = fc.oneof(
    fc.string({ unit: "binary", maxLength: 100 }),
    fc.string({ unit: fc.constantFrom(..."0123456789abcdefABCDEFg".split("")), minLength: 62, maxLength: 66 }),
    fc.constantFrom(...chunks.map(({ name }) => name)),
  );
  const limit = fc.oneof(
    fc.constantFrom("1", "0", "-1", "1e9", "NaN", "2.5", "", " 3"),
    fc.nat().map(String),
    fc.string(),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.option(cursor, { nil: undefined }),
      fc.option(limit, { nil: undefined }),
      async (after, count) => {
        const query = { ...(after !== undefined && { cursor: after }), ...(count !== undefined && { limit: count }) };
        const response = await server.inject({ url: "/chunks", query: query as Record<string, string> });
        const body = response.json<{ items: { name: string }[]; error: { code: string } }>();
        if (response.statusCode !== 200) {
          expect(response.statusCode).toBe(400);
          expect(isErrorCode(body.error.code)).toBe(true);
          return;
        }
        if (after !== undefined) expect(isChunkName(after)).toBe(true);
        for (const { name } of body.items) expect(after === undefined || name > after).toBe(true);
      },
    ),
    fuzzRuns(300),
  );
});
