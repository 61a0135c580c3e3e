import type { OnReadOpts } from "node:net";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { AppError } from "@commonhold/core/app-error.ts";
import type { LaneEndpoint } from "./lane-addresses.ts";
import type { LaneTlsOptions, PeerVerifier } from "./lane-certificate.ts";

/**
 * What a socket receives is lent to whoever listens, in this one buffer: all callbacks run on one thread, and none
 * keeps it. So receiving takes no new memory.
 */
const RECEIVE_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);
const KEEP_ALIVE_DELAY_MS = 30_000;

/** How long something may take, and who may give it up. */
export interface DialLimits {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** A socket to a verified peer. What it receives before `listenTo` is dropped: nobody speaks here before our hello. */
export interface DialledSocket {
  readonly socket: TLSSocket;
  readonly listenTo: (receive: (bytes: Uint8Array) => boolean) => void;
}

export interface LaneDialerDeps {
  readonly tls: LaneTlsOptions;
  readonly verify: PeerVerifier;
}

/**
 * Connects to `peerId` at `endpoint`.
 * @throws AppError NODE_UNREACHABLE when nobody answers there in time or another peer does, or the signal's reason
 */
export async function dialLane(
  deps: LaneDialerDeps,
  peer: { readonly peerId: string; readonly endpoint: LaneEndpoint },
  limits: DialLimits,
): Promise<DialledSocket> {
  const { host, port } = peer.endpoint;
  let receive: ((bytes: Uint8Array) => boolean) | undefined;
  // tls.connect hands it on to the socket that it makes; its types do not say so.
  const options: ConnectionOptions & { readonly onread: OnReadOpts } = {
    ...deps.tls,
    host,
    port,
    servername: "",
    checkServerIdentity: () => undefined,
    onread: {
      buffer: RECEIVE_BUFFER,
      callback: (length) => receive?.(RECEIVE_BUFFER.subarray(0, length)) ?? true,
    },
  };
  const socket = connect(options);
  // It may fail while nobody waits for it, as when the peer cuts it off during the check of its certificate.
  socket.on("error", () => {});
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
  try {
    await secured(socket, limits);
    const peerId = await deps.verify(socket);
    if (peerId !== peer.peerId) {
      throw new AppError("NODE_UNREACHABLE", `${peerId} answers at the addresses of ${peer.peerId}`);
    }
    return { socket, listenTo: (listener) => (receive = listener) };
  } catch (error) {
    socket.destroy();
    limits.signal.throwIfAborted();
    if (error instanceof AppError) throw error;
    throw new AppError("NODE_UNREACHABLE", `${peer.peerId} cannot be reached at ${host} port ${port}`, {
      cause: error,
    });
  }
}

function secured(socket: TLSSocket, { signal, timeoutMs }: DialLimits): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = (): void => reject(signal.reason as Error);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  const timer = setTimeout(
    () => reject(new AppError("NODE_UNREACHABLE", `no answer within ${timeoutMs} ms`)),
    timeoutMs,
  );
  socket.once("secureConnect", resolve);
  socket.once("error", reject);
  socket.once("close", () => reject(new Error("the connection was closed")));
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    socket.off("error", reject);
  });
}
