import type { Socket } from "node:net";

interface Pending {
  readonly socket: Socket;
  readonly timer: NodeJS.Timeout;
}

/**
 * Accepted sockets whose handshake is not done. Each has one time limit for all of it (that of `node:tls` begins anew
 * with every byte), and the oldest gives way when there are too many, so that those who never finish keep nobody out.
 */
export class PendingSockets {
  readonly #limits: { readonly max: number; readonly timeoutMs: number };
  /** By where they come from: the TLS socket on top is another object. */
  readonly #byOrigin = new Map<string, Pending>();

  constructor(limits: { readonly max: number; readonly timeoutMs: number }) {
    this.#limits = limits;
  }

  add(socket: Socket): void {
    if (this.#byOrigin.size >= this.#limits.max) this.#oldest()?.socket.destroy();
    const origin = originOf(socket);
    this.#forget(origin);
    const timer = setTimeout(() => socket.destroy(), this.#limits.timeoutMs);
    const pending = { socket, timer };
    this.#byOrigin.set(origin, pending);
    socket.once("close", () => {
      clearTimeout(timer);
      if (this.#byOrigin.get(origin) === pending) this.#byOrigin.delete(origin);
    });
  }

  /** The handshake on it is done. */
  remove(socket: Socket): void {
    this.#forget(originOf(socket));
  }

  destroyAll(): void {
    for (const { socket } of this.#byOrigin.values()) socket.destroy();
  }

  #oldest(): Pending | undefined {
    return this.#byOrigin.values().next().value;
  }

  #forget(origin: string): void {
    clearTimeout(this.#byOrigin.get(origin)?.timer);
    this.#byOrigin.delete(origin);
  }
}

function originOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}
