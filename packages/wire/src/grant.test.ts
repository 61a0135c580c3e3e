import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkGrant,
  type ExpectedGrant,
  GRANT_CLOCK_SKEW_MS,
  type GrantAction,
  type GrantTerms,
  issueGrant,
  type SignedGrant,
} from "./grant.ts";
import { GrantSchema } from "./gen/commonhold_pb.ts";
import {
  CHUNK,
  COORDINATOR,
  chunkNameOf,
  NODE,
  PEER,
  sampleGrant,
  sampleTerms,
  signAsCoordinator,
  verifyCoordinator,
} from "./testing/samples.ts";

const EXPIRES_AT_MS = 1_750_000_000_000;
const EXPECTED: ExpectedGrant = {
  node: NODE,
  subject: PEER,
  action: "store",
  chunkName: CHUNK,
  length: 1000,
  nowMs: EXPIRES_AT_MS - 1,
  issuers: new Set(["12D3KooWother", COORDINATOR]),
};

function check(grant: SignedGrant | undefined, changes: Partial<ExpectedGrant> = {}) {
  return checkGrant(grant, { ...EXPECTED, ...changes }, verifyCoordinator);
}

function expectRefusal(act: () => unknown, words: string): void {
  let thrown: unknown;
  try {
    act();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code: "INVALID_GRANT", message: expect.stringContaining(words) });
}

describe("grants", () => {
  it("give back their terms when they fit", () => {
    expect(check(sampleGrant())).toEqual(sampleTerms());
  });

  it.each<[GrantAction, Partial<GrantTerms>]>([
    ["store", { epoch: 7, own: true }],
    ["store-batch", { epoch: 1 }],
    ["replicate", { epoch: Number.MAX_SAFE_INTEGER, own: true }],
    ["delete", { epoch: 8 }],
  ])("to %s say under which epoch, and whose the chunk is", (action, changes) => {
    const terms = sampleTerms({ action, ...changes });
    expect(check(issueGrant(terms, signAsCoordinator), { action })).toEqual(terms);
  });

  it("without an epoch are those of a coordinator that knows of none", () => {
    const grant = issueGrant(sampleTerms({ epoch: 0, own: false }), signAsCoordinator);
    expect(grant).toEqual(sampleGrant());
    expect(check(grant)).not.toHaveProperty("epoch");
    expect(check(grant)).not.toHaveProperty("own");
  });

  it.each<[GrantAction, Partial<GrantTerms>]>([
    ["retrieve", { epoch: 1 }],
    ["challenge", { epoch: 1 }],
    ["retrieve", { own: true }],
    ["delete", { own: true }],
  ])("to %s with %o are refused", (action, changes) => {
    const grant = issueGrant(sampleTerms({ action, ...changes }), signAsCoordinator);
    expectRefusal(() => check(grant, { action }), "ill-formed");
  });

  it("with an epoch that no number holds exactly are refused", () => {
    const schema = create(GrantSchema, { ...fromBinary(GrantSchema, sampleGrant().grant), epoch: 2n ** 53n });
    const grant = toBinary(GrantSchema, schema);
    const signature = signAsCoordinator(Buffer.concat([Buffer.from("commonhold grant v1\0"), grant]));
    expectRefusal(() => check({ ...sampleGrant(), grant, signature }), "ill-formed");
  });

  it("for an inventory name no chunk", () => {
    const { chunkName: _, ...terms } = sampleTerms({ action: "inventory" });
    const grant = issueGrant(terms, signAsCoordinator);
    const { chunkName: __, length: ___, ...expected } = EXPECTED;
    expect(checkGrant(grant, { ...expected, action: "inventory" }, verifyCoordinator)).toEqual(terms);
  });

  it("have these bytes and this signature", () => {
    const grant = sampleGrant();
    expect(Buffer.from(grant.grant).toString("hex")).toMatchInlineSnapshot(
      `"0a13313244334b6f6f57636f6f7264696e61746f72120c313244334b6f6f576e6f64651a0c313244334b6f6f5770656572220573746f72652a20abbe7862de7660b333d1862141746d1d6d0e23c8cf49227bbd0d16add97bc71e30e8073880b883a1f732421009090909090909090909090909090909"`,
    );
    expect(Buffer.from(grant.signature).toString("hex")).toMatchInlineSnapshot(
      `"857b4507a0443b87b0ecb22c5ac89a194f34e4c2db4cf41c8a14edc87ece77725b0977a16a57d54d276df60e75efae0655ddceeb17b8c8cb76f3ec1e33e78704"`,
    );
  });

  it("survive encoding, whatever their terms", () => {
    const actions: GrantAction[] = ["store", "retrieve", "delete", "replicate", "challenge"];
    const terms = fc.record({
      node: fc.string(),
      subject: fc.string(),
      action: fc.constantFrom(...actions),
      chunkName: fc.string().map(chunkNameOf),
      lengthMax: fc.nat(),
      expiresAtMs: fc.maxSafeNat(),
      nonce: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    });
    fc.assert(
      fc.property(terms, (changes) => {
        const expected = sampleTerms(changes);
        const grant = issueGrant(expected, signAsCoordinator);
        expect(check(grant, { ...changes, length: changes.lengthMax, nowMs: 0 })).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  it.each<[string, Partial<ExpectedGrant>, string]>([
    ["for another node", { node: "12D3KooWelse" }, "its node is 12D3KooWnode, not 12D3KooWelse"],
    ["for another subject", { subject: "12D3KooWelse" }, "its subject"],
    ["for another chunk", { chunkName: chunkNameOf("another") }, "its chunk"],
    ["for another action", { action: "delete" }, "its action is store, not delete"],
    ["by a coordinator that the node does not obey", { issuers: new Set(["12D3KooWother"]) }, "no coordinator"],
    ["for fewer bytes", { length: 1001 }, "allows 1000 bytes, 1001 were announced"],
    ["that has expired", { nowMs: EXPIRES_AT_MS + GRANT_CLOCK_SKEW_MS + 1 }, "expired 30001 ms ago"],
  ])("are refused %s", (_, changes, words) => {
    expectRefusal(() => check(sampleGrant(), changes), words);
  });

  it("are refused with a chunk where none is expected, and the other way round", () => {
    const { chunkName: _, ...expected } = EXPECTED;
    expectRefusal(() => checkGrant(sampleGrant(), expected, verifyCoordinator), "not absent");
    const { chunkName: __, ...terms } = sampleTerms();
    expectRefusal(() => check(issueGrant(terms, signAsCoordinator)), "not given");
  });

  it("are refused when missing", () => {
    expectRefusal(() => check(undefined), "none was presented");
  });

  it("are taken until clocks that differ must agree", () => {
    expect(check(sampleGrant(), { nowMs: EXPIRES_AT_MS + GRANT_CLOCK_SKEW_MS })).toEqual(sampleTerms());
  });

  it("are refused with any bit of grant or signature flipped", () => {
    const grant = sampleGrant();
    for (const field of ["grant", "signature"] as const) {
      for (let bit = 0; bit < grant[field].length * 8; bit++) {
        const bytes = Uint8Array.from(grant[field]);
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        expectRefusal(() => check({ ...grant, [field]: bytes }), "the grant is refused");
      }
    }
  });

  it("are refused with what no grant is", () => {
    const grant = sampleGrant();
    expectRefusal(() => check({ ...grant, grant: new Uint8Array(1025) }), "1025 bytes");
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const signed = { ...grant, grant: Uint8Array.from(bytes), signature: signAsCoordinator(bytes) };
        expectRefusal(() => check(signed), "the grant is refused");
      }),
    );
  });

  it("are refused when the same bytes were signed for another purpose", () => {
    const grant = sampleGrant();
    expectRefusal(() => check({ ...grant, signature: signAsCoordinator(grant.grant) }), "its signature is not by");
  });
});
