import type { HandlerLimits } from "@commonhold/p2p/peer-host.ts";
import { EXCHANGE_TIMEOUT_MS, type ProtocolName } from "@commonhold/wire/protocols.ts";

/**
 * What a node serves at once, by protocol. A coordinator keeps to 5 transfers a node on its own; this leaves room for
 * clients and other nodes, and bounds memory: a store, retrieve, replicate or challenge holds one chunk of at most
 * 4.1 MiB, a batch at most 1 MiB (one that is retrieved 2 MiB), a challenge besides that 1 MiB of leaves; of one peer's challenges all but one wait.
 * No peer alone can have every place of a protocol, as it could keep the coordinator out by saying nothing.
 */
export const EXCHANGE_LIMITS: Readonly<Record<ProtocolName, HandlerLimits>> = {
  storeChunk: limits("storeChunk", { perPeer: 12, inAll: 24 }),
  storeBatch: limits("storeBatch", { perPeer: 12, inAll: 24 }),
  retrieveBatch: limits("retrieveBatch", { perPeer: 12, inAll: 24 }),
  retrieveChunk: limits("retrieveChunk", { perPeer: 16, inAll: 32 }),
  deleteChunk: limits("deleteChunk", { perPeer: 16, inAll: 32 }),
  replicateChunk: limits("replicateChunk", { perPeer: 8, inAll: 12 }),
  proofChallenge: limits("proofChallenge", { perPeer: 4, inAll: 8 }),
  inventory: limits("inventory", { perPeer: 2, inAll: 4 }),
};

function limits(protocol: ProtocolName, atOnce: { readonly perPeer: number; readonly inAll: number }): HandlerLimits {
  return {
    timeoutMs: EXCHANGE_TIMEOUT_MS[protocol],
    concurrentPerPeerMax: atOnce.perPeer,
    concurrentMax: atOnce.inAll,
  };
}
