import { AppError } from "@commonhold/core/app-error.ts";
import type { Connection, Libp2p, PeerId, Stream } from "@libp2p/interface";
import type { PeerTarget } from "../peer-host.ts";
import type { LinkStream, OpenOptions } from "../peer-link.ts";
import { isTcp, parseAddresses, parsePeerId } from "./addresses.ts";
import { untilAborted } from "./until-aborted.ts";

/** How long a connection from earlier may take to agree on a protocol before a new one is tried. */
const REUSE_TIMEOUT_MS_MAX = 5_000;

export interface StreamOpenerDeps {
  readonly libp2p: Libp2p;
  readonly streamsPerConnectionMax: number;
  readonly wrap: (stream: Stream, connection: Connection) => LinkStream;
}

interface Wanted {
  readonly target: PeerTarget;
  readonly protocol: string;
  readonly signal: AbortSignal;
}

/** Opens a stream over a connection that is open already if it still answers, else over a new one. */
export function createStreamOpener(deps: StreamOpenerDeps) {
  return async (target: PeerTarget, protocol: string, options: OpenOptions): Promise<LinkStream> => {
    const wanted: Wanted = { target, protocol, signal: options.signal };
    const peer = parsePeerId(target.peerId);
    const open = bestConnection(deps.libp2p.getConnections(peer));
    if (open !== undefined) {
      const stream = await tryConnection(deps, open, { wanted, timeoutMs: options.timeoutMs / 2 });
      if (stream !== undefined) return stream;
    }
    const fresh = await dial(deps.libp2p, peer, { ...wanted, force: open !== undefined });
    return newStream(deps, fresh, wanted);
  };
}

/** TCP before QUIC, then the newest: an older one may be what is left of a peer that has restarted. */
function bestConnection(connections: readonly Connection[]): Connection | undefined {
  let best: Connection | undefined;
  for (const connection of connections) {
    if (connection.status !== "open" || connection.limits !== undefined) continue;
    if (best === undefined || rank(connection) >= rank(best)) best = connection;
  }
  return best;
}

function rank(connection: Connection): number {
  return (isTcp(connection.remoteAddr) ? 2 ** 50 : 0) + connection.timeline.open;
}

/** A stream, or undefined when the connection is dead: nothing has been sent on it then, so another may be tried. */
async function tryConnection(
  deps: StreamOpenerDeps,
  connection: Connection,
  options: { readonly wanted: Wanted; readonly timeoutMs: number },
): Promise<LinkStream | undefined> {
  const { wanted } = options;
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(wanted.signal.reason);
  wanted.signal.addEventListener("abort", onAbort, { once: true });
  const timeoutMs = Math.min(REUSE_TIMEOUT_MS_MAX, options.timeoutMs);
  const timer = setTimeout(() => controller.abort(new AppError("TIMEOUT", `no answer in ${timeoutMs} ms`)), timeoutMs);
  try {
    return await newStream(deps, connection, { ...wanted, signal: controller.signal });
  } catch (error) {
    wanted.signal.throwIfAborted();
    if (error instanceof AppError && error.code === "NODE_UNREACHABLE") return undefined;
    throw error;
  } finally {
    clearTimeout(timer);
    wanted.signal.removeEventListener("abort", onAbort);
  }
}

async function dial(libp2p: Libp2p, peer: PeerId, wanted: Wanted & { readonly force: boolean }): Promise<Connection> {
  const { target, signal, force } = wanted;
  const addresses = parseAddresses(target);
  if (addresses.length === 0 && target.addresses.length > 0) {
    throw new AppError("NODE_UNREACHABLE", `${target.peerId} has no usable address: ${target.addresses.join(", ")}`);
  }
  let connection: Connection;
  try {
    connection = await libp2p.dial(addresses.length === 0 ? peer : addresses, { signal, force });
  } catch (error) {
    const where = addresses.length === 0 ? "no address is known" : target.addresses.join(", ");
    throw new AppError("NODE_UNREACHABLE", `${target.peerId} cannot be reached: ${where}`, { cause: error });
  }
  if (connection.remotePeer.equals(peer)) return connection;
  throw new AppError("NODE_UNREACHABLE", `${connection.remotePeer} answers at the addresses of ${target.peerId}`);
}

async function newStream(deps: StreamOpenerDeps, connection: Connection, wanted: Wanted): Promise<LinkStream> {
  const { protocol, signal } = wanted;
  const opening = connection.newStream(protocol, { signal, maxOutboundStreams: deps.streamsPerConnectionMax });
  try {
    return deps.wrap(await untilAborted(signal, opening), connection);
  } catch (error) {
    opening.then(abandon, () => {});
    throw openingError(error, connection, wanted);
  }
}

function abandon(stream: Stream): void {
  stream.abort(new AppError("TIMEOUT", "the stream was opened too late"));
}

function openingError(error: unknown, connection: Connection, wanted: Wanted): AppError {
  const { protocol, target } = wanted;
  // When the connection ends, its streams fail with what ended it, which is about something else.
  const name = error instanceof Error && connection.status === "open" ? error.name : undefined;
  switch (name) {
    case "StreamResetError":
      return new AppError("PROTOCOL_ERROR", `${target.peerId} refused the stream`, { cause: error });
    case "UnsupportedProtocolError":
      return new AppError("PROTOCOL_ERROR", `${target.peerId} does not speak ${protocol}`, { cause: error });
    case "TooManyOutboundProtocolStreamsError":
      return new AppError("OVERLOADED", `too many streams to ${target.peerId} are open`, { cause: error });
    default:
      return new AppError("NODE_UNREACHABLE", `${target.peerId} did not open a stream`, { cause: error });
  }
}
