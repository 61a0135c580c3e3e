import type { Socket } from "node:net";
import { normalizeIP } from "@fastify/rate-limit";
import { isLoopback } from "./host-check.ts";
import type { Http } from "./http-server.ts";

/** Far more than a browser, a node or a busy program opens, and a quarter of what `http.connections_max` takes in all. */
export const CONNECTIONS_PER_ADDRESS_MAX = 1024;

export interface ConnectionsPerAddressOptions {
  readonly connectionsPerAddressMax: number;
  /** A proxy on this machine is believed: its connections are many clients'. */
  readonly trustProxy: boolean;
}

interface Address {
  open: number;
  told: boolean;
}

/**
 * Closes connections that are too many from one address, of IPv6 from one /64, before a byte of them is read: one
 * client is not to keep the others out.
 */
export function limitConnectionsPerAddress(app: Http, options: ConnectionsPerAddressOptions): void {
  const { connectionsPerAddressMax: max, trustProxy } = options;
  const addresses = new Map<string, Address>();
  app.server.on("connection", (socket: Socket) => {
    const { remoteAddress } = socket;
    // Gone already.
    if (remoteAddress === undefined) return;
    if (trustProxy && isLoopback(remoteAddress)) return;
    const key = normalizeIP(remoteAddress);
    const address = addresses.get(key) ?? { open: 0, told: false };
    if (address.open >= max) {
      socket.destroy();
      if (!address.told)
        app.log.warn({ remote_address: key, max }, "An address has too many connections: more are closed");
      address.told = true;
      return;
    }
    address.open += 1;
    addresses.set(key, address);
    socket.once("close", () => {
      address.open -= 1;
      if (address.open === 0) addresses.delete(key);
    });
  });
}
