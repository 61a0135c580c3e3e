import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";
import { type GrantAction, issueGrant, type SignedGrant } from "@commonhold/wire/grant.ts";

/** A grant outlives the longest transfer and some skew between clocks. */
const GRANT_LIFETIME_MS = 5 * 60_000;
const NONCE_BYTES = 16;

export interface GrantIssuerDeps {
  /** Peer id of the coordinator. */
  readonly issuer: string;
  /** The coordinator's Ed25519 signature. */
  readonly sign: (bytes: Uint8Array) => Uint8Array;
  readonly clock: Pick<Clock, "nowMs">;
  readonly random: Pick<Random, "bytes">;
}

/** What shall be permitted. */
export interface GrantRequest {
  readonly action: GrantAction;
  /** The node that shall act. */
  readonly nodeId: NodeId;
  /** The chunk, or the name of the list; absent for an inventory only. */
  readonly name?: ChunkName;
  /** Most sealed bytes that may be stored, all chunks of a batch together; 0 where nothing is. */
  readonly lengthMax?: number;
  /** Fences deletions, to store, replicate and delete; 0 is before the first. */
  readonly epoch?: number;
  /** To store and replicate: the chunks belong to the node's operator. */
  readonly own?: boolean;
  /** Who presents it; the coordinator itself where it is not given. */
  readonly subject?: NodeId;
}

/** Signs what nodes may do; every grant of the coordinator comes from here. */
export interface GrantIssuer {
  /** A grant that holds from now on for 5 minutes. */
  issue(request: GrantRequest): SignedGrant;
}

export function createGrantIssuer({ issuer, sign, clock, random }: GrantIssuerDeps): GrantIssuer {
  return {
    issue: ({ action, nodeId, name, lengthMax = 0, epoch = 0, own = false, subject = issuer }) =>
      issueGrant(
        {
          issuer,
          node: nodeId,
          subject,
          action,
          ...(name !== undefined && { chunkName: name }),
          lengthMax,
          expiresAtMs: clock.nowMs() + GRANT_LIFETIME_MS,
          nonce: random.bytes(NONCE_BYTES),
          ...(epoch !== 0 && { epoch }),
          ...(own && { own }),
        },
        sign,
      ),
  };
}
