import { generateKeyPairSync, verify } from "node:crypto";
import { generateKeyPair, privateKeyToProtobuf } from "@libp2p/crypto/keys";
import { peerIdFromString } from "@libp2p/peer-id";
import { describe, expect, it } from "vitest";
import { createIdentity, decodeIdentity, encodeIdentity, verifySignature } from "./identity.ts";

const message = new TextEncoder().encode("message");
const fixed = createIdentity({ bytes: (length) => new Uint8Array(length).fill(7), fraction: () => 0 });

describe("identity", () => {
  it("has this peer id, these bytes and this signature", () => {
    expect(fixed.peerId).toMatchInlineSnapshot(`"12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7"`);
    expect(Buffer.from(encodeIdentity(fixed)).toString("hex")).toMatchInlineSnapshot(
      `"080112400707070707070707070707070707070707070707070707070707070707070707ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c"`,
    );
    expect(Buffer.from(fixed.sign(message)).toString("hex")).toMatchInlineSnapshot(
      `"9e46ad095242486ab68b0b6664ade0909c98e02de019d98810c448d7e58d4319c8ae941a474f6ef64ea9dd22106c5c52196e4728f9a3464737bbac84df2fab0a"`,
    );
  });

  it("is another one each time", () => {
    expect(createIdentity().peerId).not.toBe(createIdentity().peerId);
  });

  it("comes back from its bytes", () => {
    const decoded = decodeIdentity(encodeIdentity(fixed));
    expect(decoded.peerId).toBe(fixed.peerId);
    expect(decoded.privateKey.equals(fixed.privateKey)).toBe(true);
    expect(decoded.sign(message)).toEqual(fixed.sign(message));
  });

  it("signs as libp2p does", async () => {
    const { publicKey } = peerIdFromString(fixed.peerId);
    expect(await publicKey?.verify(message, fixed.sign(message))).toBe(true);
  });

  it("is not taken from what is no Ed25519 key", async () => {
    const secp256k1 = privateKeyToProtobuf(await generateKeyPair("secp256k1"));
    for (const bytes of [new Uint8Array(0), new Uint8Array(68).fill(1), secp256k1]) {
      expect(() => decodeIdentity(bytes)).toThrow(expect.objectContaining({ code: "INVALID_CONFIG" }));
    }
  });
});

describe("a signature", () => {
  it("is verified by the peer id alone", () => {
    const signature = fixed.sign(message);
    expect(verifySignature(fixed.peerId, message, signature)).toBe(true);
    expect(verifySignature(createIdentity().peerId, message, signature)).toBe(false);
    expect(verifySignature(fixed.peerId, Uint8Array.of(1), signature)).toBe(false);
    for (let byte = 0; byte < 64; byte++) {
      const bent = Uint8Array.from(signature);
      bent[byte]! ^= 1;
      expect(verifySignature(fixed.peerId, message, bent)).toBe(false);
    }
  });

  it("is not verified for what is no peer id of an Ed25519 key, or of another length", () => {
    const signature = fixed.sign(message);
    // A peer id of an RSA key is a hash, which contains no key.
    const ofRsaKey = "QmNnooDu7bfjPFoTZYxMNLWUQJyrVwtbZg5gBMjTezGAJN";
    for (const peerId of ["", "x", fixed.peerId.slice(0, -1), ofRsaKey]) {
      expect(verifySignature(peerId, message, signature)).toBe(false);
    }
    expect(verifySignature(fixed.peerId, message, signature.subarray(1))).toBe(false);
    expect(verifySignature(fixed.peerId, message, new Uint8Array(0))).toBe(false);
  });

  it("is verified for more peers than are remembered", () => {
    const identities = Array.from({ length: 1100 }, () => createIdentity());
    for (const identity of [...identities, ...identities.slice(0, 3)]) {
      expect(verifySignature(identity.peerId, message, identity.sign(message))).toBe(true);
    }
  });

  it("is plain Ed25519", () => {
    const { publicKey } = generateKeyPairSync("ed25519");
    expect(verify(null, message, publicKey, fixed.sign(message))).toBe(false);
    expect(fixed.sign(message)).toHaveLength(64);
  });
});
