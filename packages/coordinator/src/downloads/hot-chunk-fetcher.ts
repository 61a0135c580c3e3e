import type { ChunkName } from "@commonhold/core/ids.ts";
import type { BufferLease } from "@commonhold/runtime/buffer-pool.ts";
import type { HotChunkMetrics } from "../transfers/hot-chunk-metrics.ts";
import type { HotChunks } from "../transfers/hot-chunks.ts";
import type { ChunkFetcher } from "./chunk-fetcher.ts";

export interface HotChunkFetcherDeps {
  /** Gives bytes that it has verified. */
  readonly fetch: ChunkFetcher;
  readonly hot: HotChunks;
  readonly metrics: HotChunkMetrics;
}

/** One fetch for all who want the same chunk at the same time. */
interface Flight {
  readonly sealed: Promise<BufferLease>;
  readonly giveUp: AbortController;
  /** Who waits for the bytes or reads them. */
  users: number;
}

/** Chunks that are kept come from memory; of those that may be kept, each is fetched once at a time. */
export function createHotChunkFetcher({ fetch, hot, metrics }: HotChunkFetcherDeps): ChunkFetcher {
  const flights = new Map<ChunkName, Flight>();

  const begin = (...[chunk, holders]: Parameters<ChunkFetcher>): Flight => {
    const giveUp = new AbortController();
    const sealed = fetch(chunk, holders, giveUp.signal);
    const flight: Flight = { sealed, giveUp, users: 0 };
    flights.set(chunk.name, flight);
    const end = (): void => {
      if (flights.get(chunk.name) === flight) flights.delete(chunk.name);
    };
    sealed.then(({ bytes, release }) => {
      end();
      hot.add(chunk.name, bytes);
      if (flight.users === 0) release();
    }, end);
    return flight;
  };

  /** The last user to leave ends the fetch, or gives the bytes back. */
  const leave = (name: ChunkName, flight: Flight): void => {
    flight.users -= 1;
    if (flight.users > 0) return;
    if (flights.get(name) !== flight) {
      flight.sealed.then(
        ({ release }) => release(),
        () => undefined,
      );
      return;
    }
    flights.delete(name);
    flight.giveUp.abort(new Error("nobody wants the chunk any more"));
  };

  return async (chunk, holders, signal) => {
    if (!hot.keeps(chunk.sealedLength)) return fetch(chunk, holders, signal);
    const kept = hot.read(chunk.name);
    metrics.asked(kept === undefined ? "miss" : "hit");
    if (kept !== undefined) return kept;
    signal.throwIfAborted();
    const flight = flights.get(chunk.name) ?? begin(chunk, holders, signal);
    flight.users += 1;
    let isUser = true;
    const release = (): void => {
      if (isUser) leave(chunk.name, flight);
      isUser = false;
    };
    try {
      const { bytes } = await unlessAborted(flight.sealed, signal);
      return { bytes, release };
    } catch (error) {
      release();
      throw error;
    }
  };
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
