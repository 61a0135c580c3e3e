import { fuzzRuns, parseOrRefuse } from "@commonhold/core/testing/fuzz.ts";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createIdentity, decodeIdentity, encodeIdentity, verifySignature } from "./identity.ts";
import { parseAddresses, parsePeerId } from "./libp2p/addresses.ts";
import { identityOf } from "./testing/host-harness.ts";

const PEER = identityOf("peer");
const OTHER = identityOf("other");

const part = fc.constantFrom(
  ..."ip4 ip6 tcp udp quic-v1 p2p p2p-circuit dns dns4 dnsaddr ipcidr unix http-path tls ws memory webrtc certhash".split(
    " ",
  ),
  ..."127.0.0.1 ::1 fe80::1%eth0 999.1.1.1 0 65535 65536 -1 example.org %2F .. u1234".split(" "),
  PEER.peerId,
  OTHER.peerId,
  "",
);
const address = fc.oneof(
  fc.array(part, { maxLength: 12 }).map((parts) => `/${parts.join("/")}`),
  fc.string({ unit: "binary", maxLength: 100 }),
);

it("whatever addresses a peer announces, those kept are multiaddrs that lead to that peer, sixteen at most", () => {
  fc.assert(
    fc.property(fc.array(address, { maxLength: 40 }), (addresses) => {
      const parsed = parseAddresses({ peerId: PEER.peerId, addresses });
      expect(parsed.length).toBeLessThanOrEqual(16);
      for (const each of parsed) expect(each.toString()).toMatch(new RegExp(`/p2p/${PEER.peerId}$`));
    }),
    fuzzRuns(1000),
  );
});

it("whatever text is given for a peer id is one, or cannot be reached; no signature is by it", async () => {
  const bent = fc.tuple(fc.nat(60), fc.string({ maxLength: 3 })).map(([at, put]) => {
    return PEER.peerId.slice(0, at) + put + PEER.peerId.slice(at + put.length);
  });
  const message = new TextEncoder().encode("message");
  const signature = PEER.sign(message);
  await fc.assert(
    fc.asyncProperty(fc.oneof(bent, fc.string({ unit: "binary", maxLength: 100 })), async (text) => {
      const outcome = await parseOrRefuse(["NODE_UNREACHABLE"], () => parsePeerId(text).toString());
      if (text === PEER.peerId) expect(outcome).toEqual({ parsed: text });
      else expect(verifySignature(text, message, signature)).toBe(false);
    }),
    fuzzRuns(2000),
  );
});

it("whatever an identity's file holds is that identity, or no identity", async () => {
  const whole = encodeIdentity(PEER);
  const bent = fc.tuple(fc.nat(whole.length), fc.nat(4), fc.uint8Array({ maxLength: 4 })).map(([at, dropped, put]) => {
    return new Uint8Array(Buffer.concat([whole.subarray(0, at), put, whole.subarray(at + dropped)]));
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(bent, fc.uint8Array({ maxLength: 100 })), async (bytes) => {
      const outcome = await parseOrRefuse(["INVALID_CONFIG"], () => decodeIdentity(Uint8Array.from(bytes)));
      if (!("parsed" in outcome)) return;
      const { peerId, sign } = outcome.parsed;
      const message = Uint8Array.of(1, 2, 3);
      expect(verifySignature(peerId, message, sign(message))).toBe(true);
      expect(decodeIdentity(encodeIdentity(outcome.parsed)).peerId).toBe(peerId);
    }),
    fuzzRuns(1000),
  );
});

it("an identity comes back from its bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (seed) => {
      const identity = createIdentity({ bytes: () => Uint8Array.from(seed), fraction: () => 0 });
      expect(decodeIdentity(encodeIdentity(identity)).peerId).toBe(identity.peerId);
    }),
    fuzzRuns(200),
  );
});
