import { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { generateCertificate } from "@libp2p/tls/utils";
import { afterEach, describe, expect, it, vi } from "vitest";
import { identityOf } from "../testing/host-harness.ts";
import { createLaneTlsOptions, createPeerVerifier, LANE_ALPN } from "./lane-certificate.ts";

const alice = identityOf("alice");
const mallory = identityOf("mallory");

/** Self-signed, P-256, without anything of libp2p in it. */
const PLAIN_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBdzCCAR2gAwIBAgIUEWoioFVCOZtH6ZJqDMARQhDfbYswCgYIKoZIzj0EAwIw
EDEOMAwGA1UEAwwFcGxhaW4wIBcNMjYxMTIxMTYzMDA0WhgPMjEyNjEwMjgxNjMw
MDRaMBAxDjAMBgNVBAMMBXBsYWluMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
8c7PT0nkdxG06FQCgaCtNF8fHd6/YdLKwYfYFEzBCXPwDBeWJ+CaV+JS5AgT/ENq
nqUOv7VHAgbHWY+LksI3PKNTMFEwHQYDVR0OBBYEFAZ25ATx7LkvQrpab3vt1Tim
71pmMB8GA1UdIwQYMBaAFAZ25ATx7LkvQrpab3vt1Tim71pmMA8GA1UdEwEB/wQF
MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgOHucgFA5LygoSPlDX2lCt+z6xg+mx0a/
xLGKldATCVgCIQCZFwpRenrGmy7ir7SDIwIderxcOQKm4MK87tz8WqkPiw==
-----END CERTIFICATE-----`;

/** A socket after its handshake, as the verifier sees it. */
function shows(cert: string | Uint8Array | undefined, changes: Partial<Record<string, unknown>> = {}): TLSSocket {
  const raw = typeof cert === "string" ? new X509Certificate(cert).raw : cert;
  const socket = {
    getPeerX509Certificate: () => (raw === undefined ? undefined : { raw }),
    alpnProtocol: LANE_ALPN,
    isSessionReused: () => false,
    ...changes,
  };
  return socket as unknown as TLSSocket;
}

/** A certificate whose self-signature is right and whose extension says what `changes` make of the identity. */
async function forged(changes: Readonly<Record<string, unknown>>): Promise<string> {
  const privateKey = new Proxy(mallory.privateKey, {
    get: (key, name) => Reflect.get(name in changes ? changes : key, name) as unknown,
  });
  return (await generateCertificate(privateKey)).cert;
}

const refusal = { code: "NODE_UNREACHABLE" };
const verify = createPeerVerifier();

describe("the certificate of the fast lane", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("says whose it is, on every connection", async () => {
    const [first, second] = [await createLaneTlsOptions(alice), await createLaneTlsOptions(alice)];
    expect(first.cert).not.toBe(second.cert);
    const verified = await Promise.all([first, second, first].map(({ cert }) => verify(shows(cert))));
    expect(verified).toEqual([alice.peerId, alice.peerId, alice.peerId]);
    expect(await verify(shows((await createLaneTlsOptions(mallory)).cert))).toBe(mallory.peerId);
  });

  it("cannot name another peer without that one's signature", async () => {
    const { publicKey } = alice.privateKey;
    await expect(verify(shows(await forged({ publicKey })))).rejects.toMatchObject(refusal);
  });

  it("cannot take another peer's signature along, which is for another key", async () => {
    let signature: Uint8Array | undefined;
    const sign = async (bytes: Uint8Array) => (signature = await alice.privateKey.sign(bytes));
    const { publicKey } = alice.privateKey;
    expect(await verify(shows(await forged({ publicKey, sign })))).toBe(alice.peerId);
    const replay = await forged({ publicKey, sign: () => signature! });
    await expect(verify(shows(replay))).rejects.toMatchObject(refusal);
  });

  it("cannot be changed so that it names another", async () => {
    const { raw } = new X509Certificate((await createLaneTlsOptions(alice)).cert);
    let refused = 0;
    for (let at = 0; at < raw.length; at += 7) {
      const changed = Buffer.from(raw);
      changed[at]! ^= 1;
      const outcome = await verify(shows(changed)).catch((error: unknown) => error);
      // A few bits mean nothing.
      if (outcome === alice.peerId) continue;
      expect(outcome).toMatchObject(refusal);
      refused++;
    }
    expect(refused).toBeGreaterThan((raw.length / 7) * 0.9);
  });

  it.each([
    ["not yet", "2001-01-01"],
    ["no longer", "2199-01-01"],
  ])("counts for nothing when it is %s valid", async (_, date) => {
    const { cert } = await createLaneTlsOptions(alice);
    vi.useFakeTimers({ now: new Date(date), toFake: ["Date"] });
    await expect(createPeerVerifier()(shows(cert))).rejects.toMatchObject(refusal);
    vi.useRealTimers();
    expect(await createPeerVerifier()(shows(cert))).toBe(alice.peerId);
  });

  it.each<[string, string | Uint8Array | undefined]>([
    ["none", undefined],
    ["one without an identity", PLAIN_CERTIFICATE],
    ["one that is none", new Uint8Array(300)],
    ["an empty one", new Uint8Array(0)],
    ["one that is very deep", Buffer.from("3080".repeat(30_000), "hex")],
  ])("is refused when it is %s", async (_, cert) => {
    await expect(verify(shows(cert))).rejects.toMatchObject(refusal);
    await expect(verify(shows(cert))).rejects.toMatchObject(refusal);
  });

  it("does not count for another protocol or an earlier session", async () => {
    const { cert } = await createLaneTlsOptions(alice);
    expect(await verify(shows(cert))).toBe(alice.peerId);
    for (const alpnProtocol of [false, "", "h2", "commonhold/2"]) {
      await expect(verify(shows(cert, { alpnProtocol }))).rejects.toMatchObject(refusal);
    }
    await expect(verify(shows(cert, { isSessionReused: () => true }))).rejects.toMatchObject(refusal);
  });
});
