import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { LinkLimits } from "../link-limits.ts";
import type { PeerTarget } from "../peer-host.ts";
import type { OpenOptions } from "../peer-link.ts";
import { type LaneEndpoint, laneEndpoints } from "./lane-addresses.ts";
import type { AddressBook } from "./address-book.ts";
import { LaneConnection } from "./lane-connection.ts";
import { dialLane, type LaneDialerDeps } from "./lane-dialer.ts";
import { PeerConnections } from "./peer-connections.ts";

/** In each direction; a peer that wants more at once has to wait or to take another lane. */
export const CONNECTIONS_PER_PEER_MAX = 64;
/** How long a connection that we dialled is kept without an exchange; the other side keeps it for longer. */
const IDLE_TIMEOUT_MS = 30_000;

export interface LanePoolDeps extends LaneDialerDeps {
  readonly clock: Clock;
  readonly addressBook: AddressBook;
  /** Our own addresses, to tell a peer. */
  readonly ownAddresses: () => readonly string[];
}

/** The connections that we dialled, to be used again. */
export class LanePool {
  readonly #deps: LanePoolDeps;
  readonly #limits: LinkLimits;
  readonly #peers = new Map<string, PeerConnections>();
  readonly #connections = new Set<LaneConnection>();

  constructor(deps: LanePoolDeps, limits: LinkLimits) {
    this.#deps = deps;
    this.#limits = limits;
  }

  get connections(): ReadonlySet<LaneConnection> {
    return this.#connections;
  }

  /**
   * A free connection to the peer, open already or new.
   * @throws AppError NODE_UNREACHABLE, OVERLOADED, the reason of the signal
   */
  async take(target: PeerTarget, options: OpenOptions): Promise<LaneConnection> {
    const { peerId } = target;
    const own = this.#peers.get(peerId) ?? new PeerConnections();
    this.#peers.set(peerId, own);
    const open = await own.take(options.timeoutMs / 2);
    options.signal.throwIfAborted();
    if (open !== undefined) return open;
    if (own.count >= CONNECTIONS_PER_PEER_MAX || this.#connections.size >= this.#limits.connectionsMax) {
      throw new AppError("OVERLOADED", `too many connections to ${peerId} are open`);
    }
    try {
      return await own.opened(() => this.#dial(own, target, options.signal));
    } finally {
      this.#forgetIfUnused(peerId, own);
    }
  }

  /** To be called now and then. */
  watch(): void {
    for (const connection of this.#connections) {
      connection.watch({ ...this.#limits, idleTimeoutMs: IDLE_TIMEOUT_MS });
    }
  }

  async #dial(own: PeerConnections, target: PeerTarget, signal: AbortSignal): Promise<LaneConnection> {
    const { clock, addressBook } = this.#deps;
    const { dialTimeoutMs, addressDialTimeoutMs } = this.#limits;
    const { peerId } = target;
    const addresses = addressBook.addressesOf(target);
    const endsMs = clock.monotonicMs() + dialTimeoutMs;
    let failure: unknown = new AppError("NODE_UNREACHABLE", `no address of ${peerId} on the fast lane is known`);
    for (const endpoint of laneEndpoints(addresses, peerId)) {
      const timeoutMs = Math.min(addressDialTimeoutMs, endsMs - clock.monotonicMs());
      if (timeoutMs <= 0) break;
      try {
        const connection = await this.#connect(own, { peerId, endpoint }, { signal, timeoutMs });
        addressBook.add(peerId, addresses);
        return connection;
      } catch (error) {
        signal.throwIfAborted();
        failure = error;
      }
    }
    throw failure;
  }

  /** Resolves when the peer has let us in. */
  async #connect(
    own: PeerConnections,
    peer: { readonly peerId: string; readonly endpoint: LaneEndpoint },
    limits: { readonly signal: AbortSignal; readonly timeoutMs: number },
  ): Promise<LaneConnection> {
    const { peerId } = peer;
    const { socket, listenTo } = await dialLane(this.#deps, peer, limits);
    const greeted = Promise.withResolvers<void>();
    const refused = (): void =>
      greeted.reject(new AppError("NODE_UNREACHABLE", `${peerId} did not let us in within ${limits.timeoutMs} ms`));
    const connection = new LaneConnection(
      socket,
      { remotePeerId: peerId, dialled: true, clock: this.#deps.clock },
      {
        onHello: (_, addresses) => {
          if (addresses.length > 0) this.#deps.addressBook.add(peerId, addresses);
          greeted.resolve();
        },
        onOpen: (_, __, stream) => stream.abort(new AppError("PROTOCOL_ERROR", "this side takes no exchanges")),
        onIdle: (idle) => own.offer(idle),
        onClosed: (closed) => {
          refused();
          this.#connections.delete(closed);
          own.remove(closed);
          this.#forgetIfUnused(peerId, own);
        },
      },
    );
    this.#connections.add(connection);
    listenTo((bytes) => connection.receive(bytes));
    connection.hello(this.#deps.ownAddresses());
    const timer = setTimeout(refused, limits.timeoutMs);
    const onAbort = (): void => greeted.reject(limits.signal.reason);
    limits.signal.addEventListener("abort", onAbort, { once: true });
    try {
      await greeted.promise;
      return connection;
    } catch (error) {
      connection.close(new AppError("NODE_UNREACHABLE", `${peerId} did not let us in`, { cause: error }));
      throw error;
    } finally {
      clearTimeout(timer);
      limits.signal.removeEventListener("abort", onAbort);
    }
  }

  #forgetIfUnused(peerId: string, own: PeerConnections): void {
    if (own.count === 0 && this.#peers.get(peerId) === own) this.#peers.delete(peerId);
  }
}
