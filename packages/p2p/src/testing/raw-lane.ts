import { once } from "node:events";
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer, type Socket } from "node:net";
import { connect, type ConnectionOptions, createServer, type TLSSocket } from "node:tls";
import { LANE_ALPN, type LaneTlsOptions } from "../tls/lane-certificate.ts";
import { FRAME_TYPE, FrameParser, type FrameType, frameHeader } from "../tls/lane-frame.ts";

/** For tests: one end of a connection of the fast lane that keeps to none of its rules. */
export interface RawLane {
  readonly socket: Socket;
  /** What came from the other side. */
  readonly frames: FrameType[];
  readonly hasEnded: () => boolean;
}

export function frame(type: FrameType, payload: string | Uint8Array = ""): Buffer {
  const bytes = Buffer.from(payload as string);
  return Buffer.concat([frameHeader(type, bytes.length), bytes]);
}

export const HELLO = frame(FRAME_TYPE.hello);

export function openingOf(protocol: string): Buffer {
  return Buffer.concat([HELLO, frame(FRAME_TYPE.open, protocol)]);
}

export function rawLane(socket: Socket, onFrame: (type: FrameType) => void = () => {}): RawLane {
  const frames: FrameType[] = [];
  const parser = new FrameParser({
    onData: () => {},
    onFrame: (type) => {
      frames.push(type);
      onFrame(type);
    },
  });
  let hasEnded = false;
  socket.on("data", (bytes: Buffer) => parser.push(bytes));
  socket.on("error", () => {});
  for (const event of ["end", "close"]) {
    socket.on(event, () => {
      hasEnded = true;
    });
  }
  return { socket, frames, hasEnded: () => hasEnded };
}

/** A TLS socket to the fast lane on `port` of the loopback; the handshake may still fail. */
export function dialRaw(port: number, options: ConnectionOptions): TLSSocket {
  return connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ALPNProtocols: [LANE_ALPN], ...options });
}

export function identified({ cert, key }: LaneTlsOptions): ConnectionOptions {
  return { cert, key };
}

export interface RawListener {
  readonly port: number;
  readonly connections: () => number;
  close(): void;
}

/** A TLS server that answers the handshakes of the fast lane and leaves the rest to `onSocket`. */
export async function listenRaw(tls: LaneTlsOptions, onSocket: (socket: TLSSocket) => void): Promise<RawListener> {
  let connections = 0;
  const server = createServer({ ...tls, requestCert: true }, (socket) => {
    connections++;
    socket.on("error", () => {});
    onSocket(socket);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return { port, connections: () => connections, close: () => server.close() };
}

/** Passes TCP connections on to `port`, each once `onConnection` is done with it: it gets the side of whoever dialled. */
export async function listenBetween(
  port: number,
  onConnection: (dialler: Socket) => void | Promise<void>,
): Promise<RawListener> {
  let connections = 0;
  const sockets = new Set<Socket>();
  const pass = async (dialler: Socket): Promise<void> => {
    connections++;
    await onConnection(dialler);
    const onward = connectTcp(port, "127.0.0.1");
    for (const [from, to] of [
      [dialler, onward],
      [onward, dialler],
    ] as const) {
      sockets.add(from);
      from.on("error", () => {}).on("close", () => to.destroy());
      from.pipe(to);
    }
  };
  const server = createTcpServer((dialler) => void pass(dialler));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: (server.address() as AddressInfo).port, connections: () => connections, close };
}
