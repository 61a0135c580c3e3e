import { AppError } from "@commonhold/core/app-error.ts";

const PATIENCE_MS = 30_000;

interface Waiter {
  readonly bytes: number;
  readonly grant: () => void;
}

/** Gives bytes of a budget back: so many, or by default all that are left. More than that are never given back. */
export type ReleaseBytes = (bytes?: number) => void;

/**
 * A bound on the bytes that may be in memory at once, shared by many tasks, first come first served.
 * What does not fit waits; too many waiters are refused.
 */
export class ByteBudget {
  readonly #totalBytes: number;
  readonly #waitersMax: number;
  readonly #waiters: Waiter[] = [];
  #usedBytes = 0;

  constructor(totalBytes: number, waitersMax: number) {
    this.#totalBytes = totalBytes;
    this.#waitersMax = waitersMax;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /**
   * @throws AppError OVERLOADED when too many wait; the signal's reason when it aborts
   */
  async acquire(bytes: number, signal: AbortSignal): Promise<ReleaseBytes> {
    signal.throwIfAborted();
    if (this.#waiters.length === 0 && this.#fits(bytes)) return this.#take(bytes);
    if (this.#waiters.length >= this.#waitersMax) {
      throw overloaded();
    }
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        bytes,
        grant: () => {
          signal.removeEventListener("abort", leave);
          resolve();
        },
      };
      const leave = (): void => {
        const at = this.#waiters.indexOf(waiter);
        if (at === -1) return;
        this.#waiters.splice(at, 1);
        reject(signal.reason as Error);
        this.#wake();
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiters.push(waiter);
    });
    return this.#releaser(bytes);
  }

  /** As `acquire`, waiting no longer than `patienceMs`. @throws AppError OVERLOADED when that has passed */
  async acquireWithin(bytes: number, signal: AbortSignal, patienceMs: number = PATIENCE_MS): Promise<ReleaseBytes> {
    signal.throwIfAborted();
    const waiting = new AbortController();
    const leave = (): void => waiting.abort(signal.reason);
    signal.addEventListener("abort", leave, { once: true });
    const timer = setTimeout(() => waiting.abort(overloaded()), patienceMs);
    try {
      return await this.acquire(bytes, waiting.signal);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", leave);
    }
  }

  /** Takes the bytes if they are free now and nobody waits. */
  tryAcquire(bytes: number): ReleaseBytes | undefined {
    return this.#waiters.length === 0 && this.#fits(bytes) ? this.#take(bytes) : undefined;
  }

  /** One task larger than the whole budget may run alone. */
  #fits(bytes: number): boolean {
    return this.#usedBytes === 0 || this.#usedBytes + bytes <= this.#totalBytes;
  }

  #take(bytes: number): ReleaseBytes {
    this.#usedBytes += bytes;
    return this.#releaser(bytes);
  }

  #releaser(bytes: number): ReleaseBytes {
    let left = bytes;
    return (share = left) => {
      const given = Math.min(share, left);
      left -= given;
      this.#usedBytes -= given;
      if (given > 0) this.#wake();
    };
  }

  #wake(): void {
    for (let next = this.#waiters[0]; next !== undefined && this.#fits(next.bytes); next = this.#waiters[0]) {
      this.#waiters.shift();
      this.#usedBytes += next.bytes;
      next.grant();
    }
  }
}

function overloaded(): AppError {
  return new AppError("OVERLOADED", "too many transfers wait for memory: try again in a few seconds");
}
