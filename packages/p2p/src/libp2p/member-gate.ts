import type { ConnectionGater, PeerId } from "@libp2p/interface";

/**
 * Lets only members connect, in both directions: by the peer id that the handshake has proved, and once more when
 * the connection is ready, as membership may have changed meanwhile.
 */
export function createMemberGate(isMember: (peerId: string) => boolean): ConnectionGater {
  const deny = (peer: PeerId): boolean => !isMember(peer.toString());
  return {
    denyDialPeer: deny,
    denyOutboundConnection: deny,
    denyInboundEncryptedConnection: deny,
    denyOutboundEncryptedConnection: deny,
    denyInboundUpgradedConnection: deny,
    denyOutboundUpgradedConnection: deny,
  };
}
