import type { TLSSocket } from "node:tls";
import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { HostLogger } from "../host-logger.ts";
import type { Identity } from "../identity.ts";
import type { LinkLimits } from "../link-limits.ts";
import type { PeerTarget } from "../peer-host.ts";
import type { LinkStream, OpenOptions, PeerLink } from "../peer-link.ts";
import { RequestRateLimiter } from "../request-rate.ts";
import { AddressBook } from "./address-book.ts";
import { LaneAcceptor } from "./lane-acceptor.ts";
import { listeningAddresses, parseLaneAddress } from "./lane-addresses.ts";
import { createLaneTlsOptions, createPeerVerifier, type LaneTlsOptions } from "./lane-certificate.ts";
import type { LaneConnection } from "./lane-connection.ts";
import { type LaneListener, listenLane } from "./lane-listener.ts";
import { LanePool } from "./lane-pool.ts";

const CLOSE_TIMEOUT_MS = 1_000;

export interface TlsLinkDeps {
  readonly identity: Identity;
  readonly logger: HostLogger;
  readonly clock: Clock;
}

export interface TlsLinkOptions {
  /** Multiaddrs such as "/ip4/0.0.0.0/tcp/4003/tls"; without any, the link only dials. */
  readonly listen: readonly string[];
  /** What others are told instead of the addresses listened on; undefined for those. */
  readonly announce: readonly string[] | undefined;
  /** Undefined: anyone may connect, until `setMembers`. */
  readonly members: ReadonlySet<string> | undefined;
  readonly limits: LinkLimits;
}

/** The fast lane: mutual TLS 1.3 over TCP with peers that can be reached directly. */
export interface TlsLink extends PeerLink {
  /** Whether an address of the peer on this lane is known. */
  knows(target: PeerTarget): boolean;
}

/** @throws AppError INVALID_CONFIG when it cannot listen */
export async function createTlsLink(deps: TlsLinkDeps, options: TlsLinkOptions): Promise<TlsLink> {
  const link = new FastLink(deps, { options, tls: await createLaneTlsOptions(deps.identity) });
  await link.start();
  return link;
}

class FastLink implements TlsLink {
  readonly peerId: string;
  readonly #deps: TlsLinkDeps;
  readonly #options: TlsLinkOptions;
  readonly #tls: LaneTlsOptions;
  readonly #addressBook = new AddressBook();
  readonly #pool: LanePool;
  readonly #acceptor: LaneAcceptor;
  readonly #listeners: LaneListener[] = [];
  readonly #watchTimer: NodeJS.Timeout;
  #members: ReadonlySet<string> | undefined;
  #closed = false;

  constructor(deps: TlsLinkDeps, parts: { readonly options: TlsLinkOptions; readonly tls: LaneTlsOptions }) {
    const { options, tls } = parts;
    this.peerId = deps.identity.peerId;
    this.#deps = deps;
    this.#options = options;
    this.#tls = tls;
    this.#members = options.members;
    const shared = {
      clock: deps.clock,
      verify: createPeerVerifier(),
      addressBook: this.#addressBook,
      ownAddresses: () => this.addresses(),
    };
    this.#pool = new LanePool({ ...shared, tls }, options.limits);
    this.#acceptor = new LaneAcceptor(
      { ...shared, logger: deps.logger, isMember: (peerId) => this.#isMember(peerId) },
      options.limits,
    );
    this.#watchTimer = setInterval(() => {
      this.#pool.watch();
      this.#acceptor.watch();
    }, options.limits.pingIntervalMs);
    this.#watchTimer.unref();
  }

  async start(): Promise<void> {
    const { listen, limits } = this.#options;
    const perSecond = limits.inboundConnectionsPerSecondMax;
    const rate = new RequestRateLimiter(this.#deps.clock, { perSecond, burst: perSecond });
    const onSocket = (socket: TLSSocket): void => void this.#acceptor.accept(socket);
    try {
      for (const address of listen) {
        this.#listeners.push(await listenLane({ tls: this.#tls, rate, onSocket }, parseLaneAddress(address)!, limits));
      }
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  addresses(): readonly string[] {
    const { announce } = this.#options;
    const suffix = `/p2p/${this.peerId}`;
    if (announce !== undefined) return announce.map((text) => (text.includes("/p2p/") ? text : text + suffix));
    return this.#listeners.flatMap(({ endpoint }) => listeningAddresses(endpoint, this.peerId));
  }

  knows(target: PeerTarget): boolean {
    return this.#addressBook.addressesOf(target).length > 0;
  }

  async open(target: PeerTarget, protocol: string, options: OpenOptions): Promise<LinkStream> {
    options.signal.throwIfAborted();
    this.#requirePeer(target.peerId);
    const connection = await this.#pool.take(target, options);
    try {
      this.#requirePeer(target.peerId);
    } catch (error) {
      connection.cut(error as AppError);
      throw error;
    }
    return connection.openStream(protocol);
  }

  async listen(protocol: string, accept: (stream: LinkStream) => void): Promise<void> {
    this.#acceptor.handle(protocol, accept);
  }

  setMembers(peerIds: ReadonlySet<string>): void {
    this.#members = peerIds;
    for (const connection of this.#connections()) {
      const { remotePeerId } = connection;
      if (!peerIds.has(remotePeerId)) {
        connection.cut(new AppError("NODE_UNREACHABLE", `${remotePeerId} is no member any more`));
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#watchTimer);
    this.#acceptor.close();
    for (const listener of this.#listeners) listener.close();
    const ended = this.#connections().map((connection) => {
      connection.close(new AppError("NODE_UNREACHABLE", "this host stops"));
      return connection.ended;
    });
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, CLOSE_TIMEOUT_MS);
    await Promise.race([Promise.all(ended), late.promise]);
    clearTimeout(timer);
  }

  #requirePeer(peerId: string): void {
    if (!this.#closed && peerId !== this.peerId && this.#isMember(peerId)) return;
    throw new AppError("NODE_UNREACHABLE", `${peerId} cannot be reached: it is no member, or this host itself`);
  }

  #isMember(peerId: string): boolean {
    return this.#members?.has(peerId) ?? true;
  }

  #connections(): readonly LaneConnection[] {
    return [...this.#pool.connections, ...this.#acceptor.connections];
  }
}
