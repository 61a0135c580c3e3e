import type { Socket } from "node:net";
import type { Http } from "./http-server.ts";

/** Browsers, nodes and most programs wait for each answer; what does not has a few requests under way. */
export const WAITING_MAX = 32;

interface Line {
  isBusy: boolean;
  readonly waiting: (() => void)[];
}

/**
 * A client may send requests without waiting for their answers (pipelining; RFC 9112, 9.3.2), which go out in order. Begun
 * at once, all answers but the first would lie in memory for as long as the client takes none, and one connection could have
 * thousands: each request is begun once the answer before it has gone out. A connection on which too many wait is closed.
 */
export function registerRequestsInTurn(app: Http): void {
  const lines = new WeakMap<Socket, Line>();
  app.addHook("onRequest", (request, reply, done) => {
    const { socket } = request.raw;
    const line = lines.get(socket) ?? { isBusy: false, waiting: [] };
    lines.set(socket, line);
    const begin = (): void => {
      line.isBusy = true;
      reply.raw.once("close", () => {
        line.isBusy = false;
        if (!socket.destroyed) line.waiting.shift()?.();
      });
      done();
    };
    if (!line.isBusy) begin();
    // Node has read further ones with those before; nobody is there to be answered.
    else if (socket.destroyed) return;
    else if (line.waiting.length < WAITING_MAX) line.waiting.push(begin);
    else {
      line.waiting.length = 0;
      app.log.warn({ remote_address: request.ip }, "A connection has too many requests waiting: it is closed");
      socket.destroy();
    }
  });
}
