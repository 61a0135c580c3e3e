import { openPeerHost } from "../open-peer-host.ts";
import { identityOf, SILENT_LOGGER } from "./host-harness.ts";

// A peer in a process of its own, which a test can kill or stop. Arguments: a name and the address to listen on.
// Prints its addresses as one line of JSON. "/echo" answers one byte, "/mute" takes one byte and answers nothing.
const [, , name = "", listen = ""] = process.argv;
const host = await openPeerHost(
  { identity: identityOf(name), logger: SILENT_LOGGER },
  { listen: [listen], bootstrap: [] },
);
const limits = { timeoutMs: 60_000, concurrentPerPeerMax: 8, concurrentMax: 8 };
await host.handle("/echo", async ({ stream }) => stream.write(await stream.read(1)), limits);
await host.handle(
  "/mute",
  async ({ stream }) => {
    await stream.read(1);
    await stream.write(Uint8Array.of(0));
    await stream.read(1);
  },
  limits,
);
process.stdout.write(`${JSON.stringify(host.addresses())}\n`);
