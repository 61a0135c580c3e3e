import { freeMemory } from "@commonhold/core/free-memory.ts";

/** Leases of less than this share of a buffer get memory of their own. */
const SMALL_SHARE = 1 / 16;
/** Buffers that nobody needed for so long are given back. */
const IDLE_MS = 10_000;

/** Memory that is the holder's until it is released. */
export interface BufferLease {
  readonly bytes: Uint8Array;
  /** Nothing may read or write `bytes` from now on. More calls do nothing; without any, the memory is collected. */
  readonly release: () => void;
}

/** Where leases come from. */
export interface BufferSource {
  /** `length` bytes of any content. */
  lease(length: number): BufferLease;
}

/**
 * Pools of several sizes: a lease comes from the smallest that serves it.
 * @param pools ascending by size, at least one
 */
export function tieredBuffers(pools: readonly BufferPool[]): BufferSource {
  return { lease: (length) => (pools.find(({ bufferBytes }) => length <= bufferBytes) ?? pools.at(-1)!).lease(length) };
}

/**
 * Large buffers that are used again. A new one for every chunk costs the processor more than what is done with it:
 * the system clears its pages, and the garbage collector runs for every few dozen of them.
 */
export class BufferPool implements BufferSource {
  readonly bufferBytes: number;
  readonly #idleMax: number;
  #idle: ArrayBuffer[] = [];
  #fewestIdle = 0;
  #trimmer: NodeJS.Timeout | undefined;

  /**
   * @param options.bufferBytes the longest lease that is served from the pool
   * @param options.idleMax buffers that are kept while nobody needs them
   */
  constructor(options: { readonly bufferBytes: number; readonly idleMax: number }) {
    this.bufferBytes = options.bufferBytes;
    this.#idleMax = options.idleMax;
  }

  lease(length: number): BufferLease {
    if (length > this.bufferBytes || length < this.bufferBytes * SMALL_SHARE) {
      // No Buffer, whose `slice` would be a view.
      const bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
      return { bytes, release: () => freeMemory(bytes) };
    }
    const buffer = this.#idle.pop() ?? Buffer.allocUnsafeSlow(this.bufferBytes).buffer;
    this.#fewestIdle = Math.min(this.#fewestIdle, this.#idle.length);
    let isHeld = true;
    return {
      bytes: new Uint8Array(buffer, 0, length),
      release: () => {
        if (isHeld) this.#takeBack(buffer);
        isHeld = false;
      },
    };
  }

  #takeBack(buffer: ArrayBuffer): void {
    if (this.#idle.length >= this.#idleMax) {
      giveBack(buffer);
      return;
    }
    this.#idle.push(buffer);
    this.#trimmer ??= setInterval(() => this.#trim(), IDLE_MS).unref();
  }

  /** Gives back what was idle all the time since the last call. */
  #trim(): void {
    for (const buffer of this.#idle.splice(0, this.#fewestIdle)) giveBack(buffer);
    this.#fewestIdle = this.#idle.length;
    if (this.#idle.length > 0) return;
    clearInterval(this.#trimmer);
    this.#trimmer = undefined;
  }
}

/** At once: it is megabytes, and the garbage collector does not hurry. */
function giveBack(buffer: ArrayBuffer): void {
  freeMemory(new Uint8Array(buffer));
}
