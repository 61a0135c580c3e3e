import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { LinkLimits } from "../link-limits.ts";
import type { PeerTarget } from "../peer-host.ts";
import type { OpenOptions } from "../peer-link.ts";
import type { AddressBook } from "./address-book.ts";
import { type LaneEndpoint, laneEndpoints } from "./lane-addresses.ts";
import { LaneConnection } from "./lane-connection.ts";
import { dialLane, type DialLimits, type LaneDialerDeps } from "./lane-dialer.ts";
import { PeerConnections } from "./peer-connections.ts";

/** How long a connection that we dialled is kept without an exchange; the other side keeps it for longer. */
const IDLE_TIMEOUT_MS = 30_000;
/** How long a connection from earlier may take to show that the peer is still there before a new one is tried. */
const REUSE_TIMEOUT_MS_MAX = 5_000;

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
   * A free connection to the peer, open already or new. A part of the time limit is left for trying another lane.
   * @throws AppError NODE_UNREACHABLE, OVERLOADED, the reason of the signal
   */
  async take(target: PeerTarget, { signal, timeoutMs }: OpenOptions): Promise<LaneConnection> {
    const { peerId } = target;
    const known = this.#peers.get(peerId);
    const open = await known?.take(Math.min(REUSE_TIMEOUT_MS_MAX, timeoutMs / 4));
    if (signal.aborted && open !== undefined) known?.offer(open);
    signal.throwIfAborted();
    if (open !== undefined) return open;
    // Not the one from before: it may have been forgotten meanwhile.
    const own = this.#peers.get(peerId) ?? new PeerConnections();
    const { connectionsPerPeerMax, dialTimeoutMs } = this.#limits;
    if (own.count >= connectionsPerPeerMax || !this.#hasRoom()) {
      throw new AppError("OVERLOADED", `too many connections are open, ${own.count} of them to ${peerId}`);
    }
    this.#peers.set(peerId, own);
    try {
      const limits = { signal, timeoutMs: Math.min(dialTimeoutMs, timeoutMs / 2) };
      return await own.opened(() => this.#dial(own, target, limits));
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

  async #dial(own: PeerConnections, target: PeerTarget, limits: DialLimits): Promise<LaneConnection> {
    const { clock, addressBook } = this.#deps;
    const { peerId } = target;
    const endpoints = laneEndpoints(addressBook.addressesOf(target), peerId);
    const endsMs = clock.monotonicMs() + limits.timeoutMs;
    let failure: unknown = new AppError("NODE_UNREACHABLE", `no address of ${peerId} on the fast lane is known`);
    for (const [tried, { address, endpoint }] of endpoints.entries()) {
      const leftMs = endsMs - clock.monotonicMs();
      if (leftMs <= 0) break;
      // One that swallows everything must not use up the time of those after it.
      const shareMs = tried === endpoints.length - 1 ? leftMs : leftMs / 2;
      const timeoutMs = Math.min(this.#limits.addressDialTimeoutMs, shareMs);
      try {
        const connection = await this.#connect(own, { peerId, endpoint }, { ...limits, timeoutMs });
        addressBook.reached(target, address);
        return connection;
      } catch (error) {
        limits.signal.throwIfAborted();
        failure = error;
      }
    }
    throw failure;
  }

  /** Resolves when the peer has let us in. */
  async #connect(
    own: PeerConnections,
    peer: { readonly peerId: string; readonly endpoint: LaneEndpoint },
    { signal, timeoutMs }: DialLimits,
  ): Promise<LaneConnection> {
    const { peerId } = peer;
    const endsMs = this.#deps.clock.monotonicMs() + timeoutMs;
    const { socket, listenTo } = await dialLane(this.#deps, peer, { signal, timeoutMs });
    const greeted = Promise.withResolvers<void>();
    const refused = (): void =>
      greeted.reject(new AppError("NODE_UNREACHABLE", `${peerId} did not let us in within ${timeoutMs} ms`));
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
    const timer = setTimeout(refused, endsMs - this.#deps.clock.monotonicMs());
    const onAbort = (): void => greeted.reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      await greeted.promise;
      return connection;
    } catch (error) {
      connection.close(new AppError("NODE_UNREACHABLE", `${peerId} did not let us in`, { cause: error }));
      throw error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Whether one more may be open; ends the free one that was of no use for longest, if it must. */
  #hasRoom(): boolean {
    if (this.#connections.size < this.#limits.connectionsMax) return true;
    const [idle] = [...this.#connections].filter(({ isFree }) => isFree).toSorted((a, b) => b.silentMs - a.silentMs);
    idle?.close(new AppError("NODE_UNREACHABLE", "its place was needed"));
    return idle !== undefined;
  }

  #forgetIfUnused(peerId: string, own: PeerConnections): void {
    if (own.count === 0 && this.#peers.get(peerId) === own) this.#peers.delete(peerId);
  }
}
