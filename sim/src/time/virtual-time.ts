import type { Clock } from "@commonhold/core/clock.ts";
import type { Sleep } from "@commonhold/runtime/sleep.ts";
import { EventQueue, type ScheduledEvent } from "./event-queue.ts";

/** 2030-01-01: a time that cannot be taken for a number of milliseconds since some start. */
export const EPOCH_MS = Date.UTC(2030, 0, 1);
/** Events after which the real event loop gets a turn. */
const EVENTS_A_TURN = 20_000;

/**
 * Time that passes only from event to event. Between two events every promise that can settle has settled, as far as
 * no real I/O and no real timer is in the way; so a run depends on nothing but the order of its events.
 */
export class VirtualTime {
  readonly #queue = new EventQueue();
  #nowMs = 0;
  #stopped: { readonly reason: unknown } | undefined;

  /** Since the start of the simulation. */
  get elapsedMs(): number {
    return this.#nowMs;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  after(delayMs: number, action: () => void): ScheduledEvent {
    return this.#queue.add(this.#nowMs + Math.max(0, delayMs), action);
  }

  /** Again and again, first after `firstMs`. @returns ends it */
  every(intervalMs: number, firstMs: number, action: () => void): () => void {
    let event: ScheduledEvent;
    const turn = (): void => {
      event = this.after(intervalMs, turn);
      action();
    };
    event = this.after(firstMs, turn);
    return () => {
      event.action = undefined;
    };
  }

  /** A clock of this time; its wall clock may be off by what `skewMs` says, its monotonic one never is. */
  clock(skewMs: () => number = () => 0): Clock {
    return { nowMs: () => EPOCH_MS + this.#nowMs + skewMs(), monotonicMs: () => this.#nowMs };
  }

  readonly sleep: Sleep = (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      const onAbort = (): void => {
        event.action = undefined;
        resolve();
      };
      const event = this.after(ms, () => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      });
      signal.addEventListener("abort", onAbort, { once: true });
    });

  /** Lets `run` end with this error after the event under way. */
  stop(reason: unknown): void {
    this.#stopped ??= { reason };
  }

  /** @throws what `stop` was given */
  throwIfStopped(): void {
    if (this.#stopped !== undefined) throw this.#stopped.reason;
  }

  /** Lets everything happen that is due until then. @throws what an event threw, or what `stop` was given */
  run(untilMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let sinceTurn = 0;
      // Node.js runs what process.nextTick() was given only when no microtask is left: when all has settled.
      const whenSettled = (): void => process.nextTick(step);
      const step = (): void => {
        if (this.#stopped !== undefined) {
          reject(this.#stopped.reason);
          return;
        }
        const event = this.#queue.takeUntil(untilMs);
        if (event === undefined) {
          this.#nowMs = untilMs;
          resolve();
          return;
        }
        this.#nowMs = event.atMs;
        try {
          event.action?.();
        } catch (error) {
          reject(error);
          return;
        }
        if (++sinceTurn < EVENTS_A_TURN) queueMicrotask(whenSettled);
        else {
          sinceTurn = 0;
          setImmediate(step);
        }
      };
      step();
    });
  }
}
