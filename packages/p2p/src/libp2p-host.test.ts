import { describePeerHost } from "./peer-host.contract.ts";
import { createLibp2pHarness } from "./testing/libp2p-harness.ts";

describePeerHost("TCP", () => createLibp2pHarness("/ip4/127.0.0.1/tcp/0"));
describePeerHost("QUIC", () => createLibp2pHarness("/ip4/127.0.0.1/udp/0/quic-v1"));
