import { hasCode } from "@commonhold/core/app-error.ts";

export interface ConnectionDeps {
  /** Whether the coordinator answers now. */
  readonly probe: () => Promise<boolean>;
  /** Runs `action` after a while. @returns what calls it off */
  readonly later: (action: () => void, ms: number) => () => void;
}

const PAUSE_MS = 1000;
const PAUSE_MS_MAX = 15_000;

/**
 * Whether the coordinator can be reached, as calls tell it: one that failed for want of a connection says no, one that
 * was answered says yes. While it is away it is asked for in growing pauses.
 */
export class Connection {
  readonly #deps: ConnectionDeps;
  readonly #listeners = new Set<() => void>();
  #isAway = false;
  #pauseMs = PAUSE_MS;
  #callOff: (() => void) | undefined;

  constructor(deps: ConnectionDeps) {
    this.#deps = deps;
  }

  readonly isAway = (): boolean => this.#isAway;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** A call has failed: of no interest here where the coordinator answered it. */
  failed(error: unknown): void {
    if (hasCode(error, "COORDINATOR_UNREACHABLE")) this.lost();
  }

  lost(): void {
    if (this.#isAway) return;
    this.#pauseMs = PAUSE_MS;
    this.#become(true);
    this.#askLater();
  }

  answered(): void {
    this.#callOff?.();
    this.#callOff = undefined;
    if (this.#isAway) this.#become(false);
  }

  /** Asks at once: the person wants it, or the device has a network again. */
  async ask(): Promise<void> {
    if (!this.#isAway) return;
    this.#callOff?.();
    this.#callOff = undefined;
    if (await this.#deps.probe()) this.answered();
    else this.#askLater();
  }

  #askLater(): void {
    if (!this.#isAway || this.#callOff !== undefined) return;
    this.#callOff = this.#deps.later(() => void this.ask(), this.#pauseMs);
    this.#pauseMs = Math.min(PAUSE_MS_MAX, this.#pauseMs * 2);
  }

  #become(isAway: boolean): void {
    this.#isAway = isAway;
    for (const listener of this.#listeners) listener();
  }
}

/**
 * The connection of this page to its own origin.
 * @param first what is tried in place of the usual probe; undefined: nothing now
 */
export function openConnection(first: () => Promise<boolean | undefined>): Connection {
  const connection = new Connection({
    probe: async () => (await first()) ?? isHealthy(),
    later: (action, ms) => {
      const timer = setTimeout(action, ms);
      return () => clearTimeout(timer);
    },
  });
  addEventListener("offline", () => connection.lost());
  addEventListener("online", () => void connection.ask());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void connection.ask();
  });
  return connection;
}

async function isHealthy(): Promise<boolean> {
  try {
    return (await fetch("/health", { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}
