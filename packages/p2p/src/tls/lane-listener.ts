import { createServer, type Server, type TLSSocket } from "node:tls";
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { AppError } from "@commonhold/core/app-error.ts";
import type { LinkLimits } from "../link-limits.ts";
import type { RequestRateLimiter } from "../request-rate.ts";
import type { LaneEndpoint } from "./lane-addresses.ts";
import type { LaneTlsOptions } from "./lane-certificate.ts";

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
  /** Takes no more connections. */
  close(): void;
}

/** @throws AppError INVALID_CONFIG when it cannot listen there */
export async function listenLane(
  deps: LaneListenerDeps,
  endpoint: LaneEndpoint,
  limits: LinkLimits,
): Promise<LaneListener> {
  /** Connections whose handshake is not done, by where they come from. */
  const handshakes = new Set<string>();
  const server = createServer({ ...deps.tls, requestCert: true, handshakeTimeout: limits.dialTimeoutMs }, (socket) => {
    handshakes.delete(originOf(socket));
    deps.onSocket(socket);
  });
  server.maxConnections = limits.connectionsMax;
  server.on("connection", (socket) => {
    socket.setNoDelay(true);
    const origin = originOf(socket);
    if (handshakes.size >= limits.pendingConnectionsMax || !deps.rate.take(socket.remoteAddress ?? "")) {
      socket.destroy();
      return;
    }
    handshakes.add(origin);
    socket.once("close", () => handshakes.delete(origin));
  });
  await listening(server, endpoint);
  const { port } = server.address() as AddressInfo;
  return { endpoint: { host: endpoint.host, port }, close: () => server.close() };
}

function originOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}

async function listening(server: Server, { host, port }: LaneEndpoint): Promise<void> {
  server.listen({ host, port, backlog: BACKLOG });
  try {
    await once(server, "listening");
  } catch (error) {
    throw new AppError("INVALID_CONFIG", `cannot listen on ${host} port ${port}: try another address`, {
      cause: error,
    });
  }
  server.on("error", () => {});
}
