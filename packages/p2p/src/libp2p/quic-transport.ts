import { once } from "node:events";
import { quic } from "@chainsafe/libp2p-quic";
import { AppError } from "@commonhold/core/app-error.ts";
import {
  type Connection,
  type MultiaddrConnection,
  type Stream,
  type StreamMuxer,
  type StreamMuxerFactory,
  StreamResetError,
  type Upgrader,
} from "@libp2p/interface";
import { untilAborted } from "./until-aborted.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const READ_BYTES_MAX = 64 * KIB;
/** How the native stream words it. */
const RESET_BY_PEER = /^stream reset by peer/;

const HANDSHAKE_TIMEOUT_MS = 5_000;
/** Unread bytes of one stream and of all streams of a connection. */
const STREAM_WINDOW_BYTES = 4 * MIB;
const CONNECTION_WINDOW_BYTES = 64 * MIB;

export interface QuicLimits {
  readonly streamsPerConnectionMax: number;
  /** A connection on which nothing comes for so long is ended; keep-alives are sent three times as often. */
  readonly idleTimeoutMs: number;
}

type QuicComponents = Parameters<ReturnType<typeof quic>>[0];
type QuicTransport = ReturnType<ReturnType<typeof quic>>;
type UpgradeOptions = { readonly muxerFactory?: StreamMuxerFactory };

/** The native stream and connection as the transport's muxer uses them. */
interface NativeStream {
  id(): string;
  read(bytesMax: number): Promise<Uint8Array | null | undefined>;
  write(bytes: Uint8Array): Promise<void>;
  finishWrite(): Promise<void>;
  resetWrite(): Promise<void>;
  stopRead(): Promise<void>;
}

interface NativeConnection {
  id(): string;
  inboundStream(): Promise<NativeStream>;
  outboundStream(): Promise<NativeStream>;
}

interface QuicMuxerFactory extends StreamMuxerFactory {
  readonly init: { readonly connection: NativeConnection };
  readonly constructor: new (init: QuicMuxerFactory["init"]) => StreamMuxerFactory;
}

/**
 * The QUIC transport of libp2p with back-pressure. By itself it reads a stream as fast as the network brings it, in
 * pieces of 4 KiB, and resets the stream once a paused reader has 4 MiB waiting. Here a paused stream is not read, so
 * that QUIC's flow control stops the sender, and pieces have up to 64 KiB (which makes it three to four times as fast).
 */
export function quicTransport(limits: QuicLimits): (components: QuicComponents) => QuicTransport {
  const create = quic({
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    maxIdleTimeout: limits.idleTimeoutMs,
    keepAliveInterval: Math.ceil(limits.idleTimeoutMs / 3),
    maxConcurrentStreamLimit: limits.streamsPerConnectionMax,
    maxStreamData: STREAM_WINDOW_BYTES,
    maxConnectionData: CONNECTION_WINDOW_BYTES,
  });
  return (components) => {
    const transport = create(components);
    const dial = transport.dial.bind(transport);
    const createListener = transport.createListener.bind(transport);
    transport.dial = (address, options) => {
      const dialling = dial(address, { ...options, upgrader: withFlowControl(options.upgrader) });
      // By itself the transport takes no notice of the signal once the handshake has begun.
      return untilAborted(options.signal, dialling).catch((error: unknown) => {
        dialling.then(abandon, () => {});
        throw error;
      });
    };
    transport.createListener = (options) => createListener({ ...options, upgrader: withFlowControl(options.upgrader) });
    return transport;
  };
}

function abandon(connection: Connection): void {
  connection.abort(new AppError("TIMEOUT", "the connection was opened too late"));
}

function withFlowControl(upgrader: Upgrader): Upgrader {
  return {
    upgradeInbound: (connection: MultiaddrConnection, options: UpgradeOptions) =>
      upgrader.upgradeInbound(
        connection,
        withFlowControlledMuxer(options) as Parameters<Upgrader["upgradeInbound"]>[1],
      ),
    upgradeOutbound: (connection: MultiaddrConnection, options: UpgradeOptions) =>
      upgrader.upgradeOutbound(
        connection,
        withFlowControlledMuxer(options) as Parameters<Upgrader["upgradeOutbound"]>[1],
      ),
    createInboundAbortSignal: (signal) => upgrader.createInboundAbortSignal(signal),
    getStreamMuxers: () => upgrader.getStreamMuxers(),
    getConnectionEncrypters: () => upgrader.getConnectionEncrypters(),
  };
}

function withFlowControlledMuxer(options: UpgradeOptions): UpgradeOptions {
  const original = options.muxerFactory as QuicMuxerFactory;
  const connection = new GatedConnection(original.init.connection);
  const factory = new original.constructor({ ...original.init, connection });
  const muxerFactory: StreamMuxerFactory = {
    protocol: factory.protocol,
    createStreamMuxer: (maConn) => connection.joinTo(factory.createStreamMuxer(maConn)),
  };
  return { ...options, muxerFactory };
}

/** A native connection whose streams can be kept from being read. */
class GatedConnection implements NativeConnection {
  readonly #native: NativeConnection;
  /** Streams by id from when they are opened until the muxer has made a libp2p stream of them. */
  readonly #unjoined = new Map<string, GatedStream>();

  constructor(native: NativeConnection) {
    this.#native = native;
  }

  id(): string {
    return this.#native.id();
  }

  async inboundStream(): Promise<NativeStream> {
    return this.#gate(await this.#native.inboundStream());
  }

  async outboundStream(): Promise<NativeStream> {
    return this.#gate(await this.#native.outboundStream());
  }

  /** Lets the streams of `muxer` pause and resume their native streams, and ends them all when it ends. */
  joinTo(muxer: StreamMuxer): StreamMuxer {
    muxer.addEventListener("stream", (event) => this.#join(event.detail));
    const abort = muxer.abort.bind(muxer);
    muxer.abort = (reason) => {
      // By itself it passes over every second one, as each leaves the list while it goes through.
      for (const stream of muxer.streams.slice()) stream.abort(reason);
      abort(reason);
    };
    const createStream = muxer.createStream.bind(muxer);
    muxer.createStream = async (options) => this.#join(await createStream(options));
    return muxer;
  }

  #gate(native: NativeStream): GatedStream {
    const gated = new GatedStream(native);
    this.#unjoined.set(gated.id(), gated);
    return gated;
  }

  #join(stream: Stream): Stream {
    const gated = this.#unjoined.get(stream.id);
    this.#unjoined.delete(stream.id);
    if (gated === undefined) return stream;
    return Object.assign(stream, { sendPause: () => gated.pause(), sendResume: () => gated.resume() });
  }
}

class GatedStream implements NativeStream {
  readonly #native: NativeStream;
  #readBytes = 4 * KIB;
  #gate: PromiseWithResolvers<void> | undefined;
  readonly #stopped = new AbortController();

  constructor(native: NativeStream) {
    this.#native = native;
  }

  id(): string {
    return this.#native.id();
  }

  async read(): Promise<Uint8Array | null | undefined> {
    await this.#gate?.promise;
    if (this.#stopped.signal.aborted) return null;
    try {
      const piece = await this.#native.read(this.#readBytes);
      if (piece?.length === this.#readBytes) this.#readBytes = Math.min(2 * this.#readBytes, READ_BYTES_MAX);
      return piece;
    } catch (error) {
      return await this.#readFailure(error);
    }
  }

  /** The transport takes every error of a read for an orderly end of the stream, which neither of these is. */
  async #readFailure(error: unknown): Promise<null> {
    const { signal } = this.#stopped;
    if (error instanceof Error && RESET_BY_PEER.test(error.message) && !signal.aborted) throw new StreamResetError();
    // Otherwise the connection is lost, and its end ends the stream.
    if (!signal.aborted) await once(signal, "abort");
    return null;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#native.write(bytes);
  }

  finishWrite(): Promise<void> {
    return this.#native.finishWrite();
  }

  resetWrite(): Promise<void> {
    return this.#native.resetWrite();
  }

  stopRead(): Promise<void> {
    this.#stopped.abort();
    this.resume();
    return this.#native.stopRead();
  }

  pause(): void {
    this.#gate ??= Promise.withResolvers();
  }

  resume(): void {
    this.#gate?.resolve();
    this.#gate = undefined;
  }
}
