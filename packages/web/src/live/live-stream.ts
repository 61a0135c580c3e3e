import type { LiveEvent } from "@commonhold/client/events.ts";

/** What the tab with the connection tells the others. */
export type Told = LiveEvent | { readonly kind: "lost" | "asks" | "here" };

/** What this needs of a BroadcastChannel. */
export interface TabChannel {
  send(told: Told): void;
  close(): void;
}

/** The browser's turns: the action runs once nobody else's does under that name. */
export type TakeTurn = (name: string, signal: AbortSignal, action: () => Promise<void>) => Promise<unknown>;

export interface LiveStreamDeps {
  readonly watch: (signal: AbortSignal, onLost: () => void) => AsyncIterable<LiveEvent>;
  readonly onEvent: (event: LiveEvent) => void;
  /** To the other tabs, and from them. */
  readonly openChannel: (name: string, hear: (told: Told) => void) => TabChannel;
  /** undefined where the browser has no locks, as on plain http to another machine: each tab has its own connection. */
  readonly takeTurn: TakeTurn | undefined;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** After a refusal that time alone does not mend; a session that ended is noticed by others before. */
const REFUSED_PAUSE_MS = 60_000;

/**
 * The coordinator's events in this tab. Of all tabs of a browser in which the same person is signed in, one has the
 * connection and tells the others; when it goes, another takes its place.
 */
export class LiveStream {
  readonly #deps: LiveStreamDeps;
  readonly #listeners = new Set<() => void>();
  #userId: string | undefined;
  #isAwake = true;
  #ending: AbortController | undefined;
  #channel: TabChannel | undefined;
  #isUp = false;
  #isLeading = false;

  constructor(deps: LiveStreamDeps) {
    this.#deps = deps;
  }

  /** Whether changes come by themselves now. */
  readonly isUp = (): boolean => this.#isUp;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** @param userId whose events; undefined: nobody's */
  setUser(userId: string | undefined): void {
    if (userId === this.#userId) return;
    this.#end();
    this.#userId = userId;
    this.#begin();
  }

  /** A page that nobody has looked at for long needs none. */
  setAwake(isAwake: boolean): void {
    if (isAwake === this.#isAwake) return;
    this.#isAwake = isAwake;
    if (isAwake) this.#begin();
    else this.#end();
  }

  #begin(): void {
    if (this.#userId === undefined || !this.#isAwake) return;
    const { takeTurn, openChannel } = this.#deps;
    const ending = new AbortController();
    this.#ending = ending;
    if (takeTurn === undefined) {
      void this.#lead(ending.signal);
      return;
    }
    const name = `commonhold-live-${this.#userId}`;
    this.#channel = openChannel(name, (told) => this.#hear(told));
    this.#channel.send({ kind: "asks" });
    // It rejects when the signal ends it before its turn.
    takeTurn(name, ending.signal, () => this.#lead(ending.signal)).catch(() => undefined);
  }

  #end(): void {
    this.#ending?.abort(new Error("the page needs no events now"));
    this.#ending = undefined;
    this.#channel?.close();
    this.#channel = undefined;
    this.#isLeading = false;
    this.#become(false);
  }

  /** Has the connection, and the others hear of it. */
  async #lead(signal: AbortSignal): Promise<void> {
    const tell = (told: Told): void => {
      if (signal.aborted) return;
      this.#channel?.send(told);
      this.#take(told);
    };
    this.#isLeading = !signal.aborted;
    // Whoever had it before is gone.
    tell({ kind: "lost" });
    while (!signal.aborted) {
      try {
        for await (const event of this.#deps.watch(signal, () => tell({ kind: "lost" }))) tell(event);
      } catch {
        tell({ kind: "lost" });
        await this.#deps.sleep(REFUSED_PAUSE_MS, signal).catch(() => undefined);
      }
    }
  }

  /** What another tab says. */
  #hear(told: Told): void {
    if (this.#isLeading) {
      if (told.kind === "asks" && this.#isUp) this.#channel?.send({ kind: "here" });
      return;
    }
    // It is said to all when one asks: a tab that knows has missed nothing.
    if (told.kind === "here" && !this.#isUp) this.#take({ kind: "hello", topics: [] });
    else this.#take(told);
  }

  #take(told: Told): void {
    if (told.kind === "lost") this.#become(false);
    if (told.kind === "hello") this.#become(true);
    if (told.kind === "hello" || told.kind === "changed") this.#deps.onEvent(told);
  }

  #become(isUp: boolean): void {
    if (isUp === this.#isUp) return;
    this.#isUp = isUp;
    for (const listener of this.#listeners) listener();
  }
}
