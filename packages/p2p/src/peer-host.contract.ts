import { describe } from "vitest";
import { describeAccess } from "./peer-host-access.contract.ts";
import { describeExchanges } from "./peer-host-exchanges.contract.ts";
import { type PeerHostHarness, usePeers } from "./testing/peer-host-context.ts";

/** Registers the tests that every `PeerHost` has to pass. */
export function describePeerHost(name: string, createHarness: () => PeerHostHarness): void {
  describe(`peer host over ${name}`, () => {
    const peers = usePeers(createHarness);
    describeExchanges(peers);
    describeAccess(peers);
  });
}
