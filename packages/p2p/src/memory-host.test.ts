import { createMemoryNetwork } from "./memory-host.ts";
import type { PeerHost } from "./peer-host.ts";
import { describePeerHost } from "./peer-host.contract.ts";

describePeerHost("memory", () => {
  const network = createMemoryNetwork();
  const hosts: PeerHost[] = [];
  const peerId = (name: string): string => `peer-${name}`;
  return {
    peerId,
    start: async (name, options) => {
      const host = await network.createHost(peerId(name), options);
      hosts.push(host);
      return host;
    },
    vanish: async (host) => network.vanish(host.peerId),
    close: async () => {
      await Promise.all(hosts.map((host) => host.stop(0)));
    },
  };
});
