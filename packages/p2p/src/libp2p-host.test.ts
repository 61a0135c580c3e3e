import { describePeerHost } from "./peer-host.contract.ts";
import { createLibp2pHarness } from "./testing/libp2p-harness.ts";

const TCP = "/ip4/127.0.0.1/tcp/0";
const TLS = "/ip4/127.0.0.1/tcp/0/tls";

describePeerHost("TCP", () => createLibp2pHarness([TCP]));
describePeerHost("QUIC", () => createLibp2pHarness(["/ip4/127.0.0.1/udp/0/quic-v1"]));
describePeerHost("the fast lane", () => createLibp2pHarness([TLS]));
describePeerHost("the fast lane and TCP", () => createLibp2pHarness([TLS, TCP]));
