import type { TLSSocket } from "node:tls";
import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { HostLogger } from "../host-logger.ts";
import type { LinkLimits } from "../link-limits.ts";
import type { LinkStream } from "../peer-link.ts";
import type { AddressBook } from "./address-book.ts";
import type { PeerVerifier } from "./lane-certificate.ts";
import { LaneConnection, type LaneConnectionEvents } from "./lane-connection.ts";

/** How long a connection that others dialled may carry nothing. */
const IDLE_TIMEOUT_MS = 60_000;
const KEEP_ALIVE_DELAY_MS = 30_000;

export interface LaneAcceptorDeps {
  readonly verify: PeerVerifier;
  readonly isMember: (peerId: string) => boolean;
  readonly clock: Clock;
  readonly logger: HostLogger;
  readonly addressBook: AddressBook;
  readonly ownAddresses: () => readonly string[];
}

/** The connections that others dialled, and the exchanges that they begin on them. */
export class LaneAcceptor {
  readonly #deps: LaneAcceptorDeps;
  readonly #limits: LinkLimits;
  readonly #protocols = new Map<string, (stream: LinkStream) => void>();
  readonly #connections = new Set<LaneConnection>();
  readonly #countOf = new Map<string, number>();
  #closed = false;

  constructor(deps: LaneAcceptorDeps, limits: LinkLimits) {
    this.#deps = deps;
    this.#limits = limits;
  }

  get connections(): ReadonlySet<LaneConnection> {
    return this.#connections;
  }

  handle(protocol: string, accept: (stream: LinkStream) => void): void {
    if (this.#protocols.has(protocol)) throw new AppError("INTERNAL", `${protocol} is handled already`);
    this.#protocols.set(protocol, accept);
  }

  /** Takes a socket whose handshake is done, if it is a member's. Never rejects. */
  async accept(socket: TLSSocket): Promise<void> {
    socket.on("error", (error: Error) =>
      this.#deps.logger.debug({ err: error }, "a connection of the fast lane failed"),
    );
    try {
      const peerId = await this.#deps.verify(socket);
      this.#requireWelcome(peerId);
      socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
      this.#add(socket, peerId);
    } catch (error) {
      this.#deps.logger.debug({ err: error, address: socket.remoteAddress }, "a connection was refused");
      socket.destroy();
    }
  }

  /** To be called now and then. */
  watch(): void {
    for (const connection of this.#connections) {
      connection.watch({ ...this.#limits, idleTimeoutMs: IDLE_TIMEOUT_MS });
    }
  }

  /** Takes no more connections. */
  close(): void {
    this.#closed = true;
  }

  #requireWelcome(peerId: string): void {
    if (this.#closed) throw new AppError("SHUTTING_DOWN", "this host is stopping");
    if (!this.#deps.isMember(peerId)) throw new AppError("NOT_A_MEMBER", `${peerId} is no member`);
    if ((this.#countOf.get(peerId) ?? 0) >= this.#limits.connectionsPerPeerMax) {
      throw new AppError("OVERLOADED", `${peerId} has too many connections open`);
    }
  }

  #add(socket: TLSSocket, peerId: string): void {
    const peer = { remotePeerId: peerId, dialled: false, clock: this.#deps.clock };
    const connection = new LaneConnection(socket, peer, this.#events());
    this.#connections.add(connection);
    this.#countOf.set(peerId, (this.#countOf.get(peerId) ?? 0) + 1);
    socket.on("data", (bytes: Buffer) => connection.receive(bytes));
  }

  #events(): LaneConnectionEvents {
    return {
      onHello: (connection, addresses) => {
        this.#deps.addressBook.add(connection.remotePeerId, addresses);
        connection.hello(this.#deps.ownAddresses());
      },
      onOpen: (_, protocol, stream) => {
        const accept = this.#protocols.get(protocol);
        if (accept === undefined) stream.abort(new AppError("PROTOCOL_ERROR", `${protocol} is not spoken here`));
        else accept(stream);
      },
      onIdle: () => {},
      onClosed: (connection) => {
        const { remotePeerId } = connection;
        this.#connections.delete(connection);
        const left = (this.#countOf.get(remotePeerId) ?? 1) - 1;
        if (left === 0) this.#countOf.delete(remotePeerId);
        else this.#countOf.set(remotePeerId, left);
      },
    };
  }
}
