import { fuzzRuns, parseOrRefuse } from "@commonhold/core/testing/fuzz.ts";
import fc from "fast-check";
import { expect, it } from "vitest";
import { checkGrant, type GrantTerms, issueGrant, type SignedGrant } from "./grant.ts";
import { CHUNK, chunkNameOf, sampleTerms, signAsCoordinator, verifyCoordinator } from "./testing/samples.ts";

const ACTIONS = ["store", "store-batch", "retrieve", "retrieve-batch", "delete", "replicate", "challenge"] as const;

const terms: fc.Arbitrary<GrantTerms> = fc
  .record({
    node: fc.string({ maxLength: 60, unit: "binary" }),
    subject: fc.string({ maxLength: 60, unit: "binary" }),
    action: fc.constantFrom(...ACTIONS),
    chunkName: fc.string().map(chunkNameOf),
    lengthMax: fc.nat(),
    expiresAtMs: fc.maxSafeNat(),
    nonce: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Uint8Array.from(bytes)),
  })
  .map(sampleTerms);

function check(signed: SignedGrant, wanted: GrantTerms) {
  return parseOrRefuse(["INVALID_GRANT"], () =>
    checkGrant(
      signed,
      {
        node: wanted.node,
        subject: wanted.subject,
        action: wanted.action,
        ...(wanted.chunkName !== undefined && { chunkName: wanted.chunkName }),
        length: wanted.lengthMax,
        nowMs: wanted.expiresAtMs,
        issuers: new Set([wanted.issuer]),
      },
      verifyCoordinator,
    ),
  );
}

it("a grant gives back its terms, and with any of its bytes changed it is refused", async () => {
  await fc.assert(
    fc.asyncProperty(
      terms,
      fc.boolean(),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      async (wanted, inGrant, at, by) => {
        const signed = issueGrant(wanted, signAsCoordinator);
        expect(await check(signed, wanted)).toEqual({ parsed: wanted });
        const field = inGrant ? "grant" : "signature";
        const bent = Uint8Array.from(signed[field]);
        bent[at % bent.length]! ^= by;
        expect(await check({ ...signed, [field]: bent }, wanted)).toHaveProperty("refusal");
      },
    ),
    fuzzRuns(600),
  );
});

it("a grant with bytes cut off, put in or appended is refused", async () => {
  const wanted = sampleTerms({ chunkName: CHUNK });
  const signed = issueGrant(wanted, signAsCoordinator);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("grant", "signature"),
      fc.nat(300),
      fc.uint8Array({ maxLength: 40 }),
      fc.nat(60),
      async (field, at, more, dropped) => {
        const bytes = signed[field as "grant" | "signature"];
        const where = at % (bytes.length + 1);
        const bent = Buffer.concat([bytes.subarray(0, where), more, bytes.subarray(where + dropped)]);
        fc.pre(Buffer.compare(bent, bytes) !== 0);
        expect(await check({ ...signed, [field]: Uint8Array.from(bent) }, wanted)).toHaveProperty("refusal");
      },
    ),
    fuzzRuns(1500),
  );
});

it("what a grant does not say is refused even when the coordinator's key signed the bytes", async () => {
  const wanted = sampleTerms({ chunkName: CHUNK });
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 1200 }), async (bytes) => {
      const grant = Uint8Array.from(bytes);
      const prefixed = Buffer.concat([Buffer.from("commonhold grant v1\0"), grant]);
      const signed: SignedGrant = {
        ...issueGrant(wanted, signAsCoordinator),
        grant,
        signature: signAsCoordinator(prefixed),
      };
      expect(await check(signed, wanted)).toHaveProperty("refusal");
    }),
    fuzzRuns(1500),
  );
});
