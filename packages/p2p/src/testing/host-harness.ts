import { createHash } from "node:crypto";
import type { HostLogger } from "../host-logger.ts";
import { createIdentity, type Identity } from "../identity.ts";
import { openPeerHost, type PeerHostOptions } from "../open-peer-host.ts";
import type { PeerHost } from "../peer-host.ts";
import type { PeerHostHarness } from "./peer-host-context.ts";

export const SILENT_LOGGER: HostLogger = { debug: () => {}, warn: () => {}, error: () => {} };

/** The same identity for the same name. */
export function identityOf(name: string): Identity {
  const seed = createHash("sha256").update(name).digest();
  return createIdentity({ bytes: () => seed, fraction: () => 0 });
}

/** Hosts of this process, each on free ports of the loopback. */
export function createHostHarness(
  listen: string | readonly string[],
  options: Partial<PeerHostOptions> = {},
): PeerHostHarness {
  const hosts: PeerHost[] = [];
  return {
    peerId: (name) => identityOf(name).peerId,
    start: async (name, changes) => {
      const host = await openPeerHost(
        { identity: identityOf(name), logger: SILENT_LOGGER },
        { listen: [listen].flat(), bootstrap: [], ...options, ...changes },
      );
      hosts.push(host);
      return host;
    },
    vanish: (host) => host.stop(0),
    close: async () => {
      await Promise.all(hosts.map((host) => host.stop(0)));
    },
  };
}
