import { describePeerHost } from "./peer-host.contract.ts";
import { createHostHarness } from "./testing/host-harness.ts";

const TCP = "/ip4/127.0.0.1/tcp/0";
const TLS = "/ip4/127.0.0.1/tcp/0/tls";

describePeerHost("TCP", () => createHostHarness([TCP]));
describePeerHost("QUIC", () => createHostHarness(["/ip4/127.0.0.1/udp/0/quic-v1"]));
describePeerHost("the fast lane", () => createHostHarness([TLS]));
describePeerHost("the fast lane and TCP", () => createHostHarness([TLS, TCP]));
