import { createServer, type Server, type TLSSocket } from "node:tls";
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { AppError } from "@commonhold/core/app-error.ts";
import type { LinkLimits } from "../link-limits.ts";
import type { RequestRateLimiter } from "../request-rate.ts";
import type { LaneEndpoint } from "./lane-addresses.ts";
import type { LaneTlsOptions } from "./lane-certificate.ts";
import { PendingSockets } from "./pending-sockets.ts";

/** Connections that the system keeps while we are busy. */
const BACKLOG = 512;

export interface LaneListenerDeps {
  readonly tls: LaneTlsOptions;
  /** New connections by IP address. */
  readonly rate: RequestRateLimiter;
  /** Takes a socket whose handshake is done. */
  readonly onSocket: (socket: TLSSocket) => void;
}

/** A listening socket of the fast lane. */
export interface LaneListener {
  readonly endpoint: LaneEndpoint;
  /** Takes no more connections, and ends those whose handshake is not done. */
  close(): void;
}

/** @throws AppError INVALID_CONFIG when it cannot listen there */
export async function listenLane(
  deps: LaneListenerDeps,
  endpoint: LaneEndpoint,
  limits: LinkLimits,
): Promise<LaneListener> {
  const handshakes = new PendingSockets({ max: limits.pendingConnectionsMax, timeoutMs: limits.dialTimeoutMs });
  const server = createServer({ ...deps.tls, requestCert: true }, (socket) => {
    handshakes.remove(socket);
    deps.onSocket(socket);
  });
  server.maxConnections = limits.connectionsMax;
  server.on("connection", (socket: Socket) => {
    socket.setNoDelay(true);
    if (deps.rate.take(socket.remoteAddress ?? "")) handshakes.add(socket);
    else socket.destroy();
  });
  await listening(server, endpoint);
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.close();
    handshakes.destroyAll();
  };
  return { endpoint: { host: endpoint.host, port }, close };
}

async function listening(server: Server, { host, port }: LaneEndpoint): Promise<void> {
  // IPv6 alone, as libp2p does: so a host can listen on the same port of both.
  server.listen({ host, port, backlog: BACKLOG, ipv6Only: true });
  try {
    await once(server, "listening");
  } catch (error) {
    throw new AppError("INVALID_CONFIG", `cannot listen on ${host} port ${port}: try another address`, {
      cause: error,
    });
  }
  server.on("error", () => {});
}
