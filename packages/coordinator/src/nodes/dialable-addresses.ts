/** TCP or UDP at an address or a name, whatever follows: transports on top, a relay, the peer id. */
const DIALABLE = /^\/(?:ip4|ip6|dns|dns4|dns6)\/[^/]{1,255}\/(?:tcp|udp)\/\d{1,5}(?:\/|$)/;

/**
 * Of the multiaddrs that a node announces, those that can mean a peer on a network. The rest (sockets of this
 * machine's file system, addresses that need the link's name) are nothing that this machine should be made to open.
 */
export function dialableAddresses(addresses: readonly string[]): readonly string[] {
  return addresses.filter((address) => DIALABLE.test(address));
}
