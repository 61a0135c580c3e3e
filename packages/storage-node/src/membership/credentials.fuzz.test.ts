import { fuzzRuns, parseOrRefuse } from "@commonhold/core/testing/fuzz.ts";
import { writeSecretFile } from "@commonhold/runtime/secret-file.ts";
import fc from "fast-check";
import { expect, it } from "vitest";
import { tempFolder } from "../testing/temp-folder.ts";
import { type Credentials, credentialsFile, readCredentials, writeCredentials } from "./credentials.ts";

const WHOLE = {
  node_id: "node",
  api_key: "key",
  coordinator: { peer_id: "peer", addresses: ["/ip4/127.0.0.1/tcp/1"] },
};

it("whatever credentials.json holds is credentials, or told to be damaged", async () => {
  const folder = tempFolder();
  const strange = fc.jsonValue({ maxDepth: 3 });
  const bent = fc
    .array(fc.tuple(fc.constantFrom(...Object.keys(WHOLE), "__proto__", "more"), strange), { maxLength: 3 })
    .map((changes) => JSON.stringify({ ...WHOLE, ...Object.fromEntries(changes) }));
  const cut = fc.nat(120).map((length) => JSON.stringify(WHOLE).slice(0, length));
  const text = fc.oneof(bent, cut, fc.json(), fc.string({ unit: "binary", maxLength: 200 }));
  await fc.assert(
    fc.asyncProperty(text, async (content) => {
      await writeSecretFile(credentialsFile(folder), content);
      const outcome = await parseOrRefuse(["INVALID_CONFIG"], () => readCredentials(folder));
      if (!("parsed" in outcome)) return;
      const { node_id, api_key, coordinator } = outcome.parsed;
      for (const value of [node_id, api_key, coordinator.peer_id]) expect(value.length).toBeGreaterThan(0);
      for (const address of coordinator.addresses) expect(typeof address).toBe("string");
    }),
    fuzzRuns(60),
  );
});

it("credentials come back as they were written", async () => {
  const folder = tempFolder();
  const text = (maxLength: number) => fc.string({ minLength: 1, maxLength, unit: "grapheme" });
  const credentials: fc.Arbitrary<Credentials> = fc.record({
    node_id: text(60),
    api_key: fc.stringMatching(/^[!-~]{1,60}$/),
    coordinator: fc.record({ peer_id: text(60), addresses: fc.array(text(60), { maxLength: 5 }) }),
  });
  await fc.assert(
    fc.asyncProperty(credentials, async (given) => {
      await writeCredentials(folder, given);
      expect(await readCredentials(folder)).toEqual(given);
    }),
    fuzzRuns(60),
  );
});
