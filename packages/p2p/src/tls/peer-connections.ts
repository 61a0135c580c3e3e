import { AppError } from "@commonhold/core/app-error.ts";
import type { LaneConnection } from "./lane-connection.ts";
import { connectionEnded } from "./lane-stream.ts";

/** After such a silence a peer must show that it is still there before it is trusted with an exchange. */
const TRUSTED_SILENCE_MS = 5_000;

/** The connections that we dialled to one peer. */
export class PeerConnections {
  readonly #all = new Set<LaneConnection>();
  /** The one used last at the end: few stay in use, the others end by themselves. */
  readonly #free: LaneConnection[] = [];
  #opening = 0;

  /** Those open or being opened. */
  get count(): number {
    return this.#all.size + this.#opening;
  }

  /** A free connection on which the peer still answers within `timeoutMs`; undefined when there is none. */
  async take(timeoutMs: number): Promise<LaneConnection | undefined> {
    for (let connection = this.#free.pop(); connection !== undefined; connection = this.#free.pop()) {
      if (connection.silentMs < TRUSTED_SILENCE_MS && connection.isFree) return connection;
      if (await connection.ping(timeoutMs)) return connection;
      const gone = new AppError("NODE_UNREACHABLE", `${connection.remotePeerId} no longer answers`);
      // What was silent for as long will not answer either.
      for (const each of [connection, ...this.#free]) each.close(gone);
    }
    return undefined;
  }

  /**
   * Adds what `open` resolves to, which is in use.
   * @throws AppError NODE_UNREACHABLE when it has ended already, or what `open` throws
   */
  async opened(open: () => Promise<LaneConnection>): Promise<LaneConnection> {
    this.#opening++;
    try {
      const connection = await open();
      if (!connection.isFree) throw connectionEnded(connection.remotePeerId);
      this.#all.add(connection);
      return connection;
    } finally {
      this.#opening--;
    }
  }

  /** A connection has become free. */
  offer(connection: LaneConnection): void {
    if (this.#all.has(connection)) this.#free.push(connection);
  }

  /** A connection has ended. */
  remove(connection: LaneConnection): void {
    this.#all.delete(connection);
    const at = this.#free.indexOf(connection);
    if (at >= 0) this.#free.splice(at, 1);
  }
}
