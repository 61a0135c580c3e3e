import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { Http } from "./http-server.ts";

/** For tests: a client that sends exactly what it is told and shows exactly what came over the connection. */
export interface RawClient {
  readonly socket: Socket;
  readonly send: (bytes: string | Uint8Array) => void;
  readonly received: () => string;
  /** Everything received once `text` is part of it. */
  readonly until: (text: string) => Promise<string>;
  /** Everything received once the other side has closed the connection. */
  readonly ended: Promise<string>;
}

const WAIT_MS_MAX = 10_000;
const opened: Socket[] = [];

/** @param app listens already */
export async function dial(app: Http): Promise<RawClient> {
  const { port } = app.server.address() as AddressInfo;
  const socket = connect(port, "127.0.0.1");
  opened.push(socket);
  await once(socket, "connect");
  let received = "";
  socket.on("data", (part: Buffer) => {
    received += part.toString("latin1");
    socket.emit("progress");
  });
  socket.on("error", () => {});
  return {
    socket,
    send: (bytes) => socket.write(bytes),
    received: () => received,
    until: async (text) => {
      const signal = AbortSignal.timeout(WAIT_MS_MAX);
      while (!received.includes(text)) await once(socket, "progress", { signal });
      return received;
    },
    ended: once(socket, "close").then(() => received),
  };
}

export function hangUpAll(): void {
  for (const socket of opened.splice(0)) socket.destroy();
}
