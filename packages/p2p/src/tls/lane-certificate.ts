import { createHash } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { AppError } from "@commonhold/core/app-error.ts";
import { generateCertificate, verifyPeerCertificate } from "@libp2p/tls/utils";
import { LRUCache } from "lru-cache";
import type { Identity } from "../identity.ts";

/** Application-layer protocol (RFC 7301) of the lane, with its version. */
export const LANE_ALPN = "commonhold/1";
const KNOWN_CERTIFICATES_MAX = 1024;

/** What both sides of a connection set, whoever dials. */
export interface LaneTlsOptions {
  readonly cert: string;
  readonly key: string;
  readonly minVersion: "TLSv1.3";
  readonly ALPNProtocols: string[];
  /** Certificates are self-signed; `createPeerVerifier` says whose they are. */
  readonly rejectUnauthorized: false;
}

/**
 * A certificate that carries the identity, new with each start.
 * Source: https://github.com/libp2p/specs/blob/master/tls/tls.md
 */
export async function createLaneTlsOptions(identity: Identity): Promise<LaneTlsOptions> {
  const { cert, key } = await generateCertificate(identity.privateKey);
  return { cert, key, minVersion: "TLSv1.3", ALPNProtocols: [LANE_ALPN], rejectUnauthorized: false };
}

/**
 * Says which peer is at the other end of a socket whose handshake is done.
 * @throws AppError NODE_UNREACHABLE when it shows no valid certificate or speaks something else
 */
export type PeerVerifier = (socket: TLSSocket) => Promise<string>;

/** Remembers certificates that were verified, since verifying one costs more than the handshake. */
export function createPeerVerifier(): PeerVerifier {
  const known = new LRUCache<string, Promise<string>>({ max: KNOWN_CERTIFICATES_MAX });
  return async (socket) => {
    const raw = socket.getPeerX509Certificate()?.raw;
    if (raw === undefined || socket.alpnProtocol !== LANE_ALPN || socket.isSessionReused()) {
      throw new AppError("NODE_UNREACHABLE", "the peer does not speak the fast lane, or does not say who it is");
    }
    const digest = createHash("sha256").update(raw).digest("base64");
    const peerId = known.get(digest) ?? verified(raw);
    known.set(digest, peerId);
    peerId.catch(() => known.delete(digest));
    return peerId;
  };
}

async function verified(raw: Uint8Array): Promise<string> {
  try {
    return (await verifyPeerCertificate(raw)).toString();
  } catch (error) {
    throw new AppError("NODE_UNREACHABLE", "the peer's certificate does not prove its identity", { cause: error });
  }
}
