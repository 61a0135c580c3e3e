import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { createMemoryStreamPair, type MemoryByteStream } from "@commonhold/wire/memory-byte-stream.ts";
import type { HostLogger } from "./host-logger.ts";
import { createLinkHost } from "./link-host.ts";
import type { PeerHost, PeerTarget } from "./peer-host.ts";
import { type LinkStream, type OpenOptions, type PeerLink, RELEASE_TIMEOUT_MS } from "./peer-link.ts";
import type { RequestRate } from "./request-rate.ts";

export interface MemoryHostOptions {
  readonly members?: ReadonlySet<string> | undefined;
  readonly requestRate?: RequestRate;
  readonly logger?: HostLogger;
  readonly clock?: Clock;
}

/** Hosts of one process that reach each other without a network: for tests and simulations. */
export interface MemoryNetwork {
  /** A host at an address of its own. A peer id may come back once its former host has stopped or vanished. */
  createHost(peerId: string, options?: MemoryHostOptions): Promise<PeerHost>;
  /** As if the process of this peer were killed: no goodbye, all its exchanges fail on both sides. */
  vanish(peerId: string): void;
}

const SILENT: HostLogger = { debug: () => {}, warn: () => {}, error: () => {} };
const UNLIMITED: RequestRate = { perSecond: Number.MAX_SAFE_INTEGER, burst: Number.MAX_SAFE_INTEGER };

export function createMemoryNetwork(): MemoryNetwork {
  const links = new Map<string, MemoryLink>();
  let addressesGiven = 0;
  return {
    createHost: async (peerId, options = {}) => {
      if (links.has(peerId)) throw new AppError("ALREADY_RUNNING", `${peerId} has a host in this network already`);
      addressesGiven++;
      const link = new MemoryLink(links, { peerId, address: `/memory/${addressesGiven}/p2p/${peerId}` });
      links.set(peerId, link);
      if (options.members !== undefined) link.setMembers(options.members);
      const { logger = SILENT, clock = systemClock, requestRate = UNLIMITED, members } = options;
      return createLinkHost({ link, logger, clock }, { members, requestRate });
    },
    vanish: (peerId) => links.get(peerId)?.disconnect(),
  };
}

class MemoryLink implements PeerLink {
  readonly peerId: string;
  readonly #address: string;
  readonly #links: Map<string, MemoryLink>;
  readonly #protocols = new Map<string, (stream: LinkStream) => void>();
  /** Peers to which a connection is open, with the streams on it. */
  readonly #connections = new Map<MemoryLink, Set<MemoryByteStream>>();
  #members: ReadonlySet<string> | undefined;

  constructor(links: Map<string, MemoryLink>, self: { readonly peerId: string; readonly address: string }) {
    this.#links = links;
    this.peerId = self.peerId;
    this.#address = self.address;
  }

  addresses(): readonly string[] {
    return [this.#address];
  }

  async open(target: PeerTarget, protocol: string, options: OpenOptions): Promise<LinkStream> {
    options.signal.throwIfAborted();
    const remote = this.#connect(target);
    const accept = remote.#protocols.get(protocol);
    if (accept === undefined) throw new AppError("PROTOCOL_ERROR", `${target.peerId} does not speak ${protocol}`);
    const [near, far] = createMemoryStreamPair();
    const streams = this.#connections.get(remote)!;
    streams.add(near);
    void near.closed.then(() => streams.delete(near));
    queueMicrotask(() => accept(new MemoryLinkStream(far, this.peerId)));
    return new MemoryLinkStream(near, target.peerId);
  }

  async listen(protocol: string, accept: (stream: LinkStream) => void): Promise<void> {
    if (this.#protocols.has(protocol)) throw new AppError("INTERNAL", `${protocol} is handled already`);
    this.#protocols.set(protocol, accept);
  }

  setMembers(peerIds: ReadonlySet<string>): void {
    this.#members = peerIds;
    for (const remote of this.#connections.keys()) {
      if (!peerIds.has(remote.peerId)) this.#cut(remote);
    }
  }

  async close(): Promise<void> {
    this.disconnect();
  }

  disconnect(): void {
    if (this.#links.get(this.peerId) === this) this.#links.delete(this.peerId);
    for (const remote of this.#connections.keys()) this.#cut(remote);
  }

  #connect(target: PeerTarget): MemoryLink {
    const unreachable = (why: string): AppError =>
      new AppError("NODE_UNREACHABLE", `${target.peerId} cannot be reached: ${why}`);
    const remote = this.#links.get(target.peerId);
    if (this.#links.get(this.peerId) !== this) throw unreachable("this host has stopped");
    if (remote === undefined || remote === this) throw unreachable("no host has this peer id");
    if (this.#members?.has(target.peerId) === false) throw unreachable("it is no member");
    if (this.#connections.has(remote)) return remote;
    if (!target.addresses.includes(remote.#address)) throw unreachable("it is at none of the given addresses");
    if (remote.#members?.has(this.peerId) === false) throw unreachable("it refused the connection");
    const streams = new Set<MemoryByteStream>();
    this.#connections.set(remote, streams);
    remote.#connections.set(this, streams);
    return remote;
  }

  #cut(remote: MemoryLink): void {
    const streams = this.#connections.get(remote) ?? new Set();
    this.#connections.delete(remote);
    remote.#connections.delete(this);
    const reason = new AppError("NODE_UNREACHABLE", `the connection of ${this.peerId} and ${remote.peerId} ended`);
    for (const stream of streams) stream.cut(reason);
  }
}

class MemoryLinkStream implements LinkStream {
  readonly remotePeerId: string;
  readonly #stream: MemoryByteStream;
  readonly #lost = new AbortController();
  #aborted = false;

  constructor(stream: MemoryByteStream, remotePeerId: string) {
    this.#stream = stream;
    this.remotePeerId = remotePeerId;
    void stream.closed.then((reason) => {
      if (reason !== undefined && !this.#aborted) this.#lost.abort(reason);
    });
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  read(length: number, target?: Uint8Array): Promise<Uint8Array> {
    return this.#stream.read(length, target);
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#stream.write(bytes);
  }

  closeWrite(): Promise<void> {
    return this.#stream.closeWrite();
  }

  abort(reason: Error): void {
    this.#aborted = true;
    this.#stream.abort(reason);
  }

  release(): void {
    this.#stream.discard();
    const timer = setTimeout(
      () => this.abort(new AppError("TIMEOUT", "the peer did not end the stream")),
      RELEASE_TIMEOUT_MS,
    );
    timer.unref();
    void this.#stream.closed.then(() => clearTimeout(timer));
  }
}
