import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { Sleep } from "@commonhold/runtime/sleep.ts";
import { EventStream, type Subscriber } from "./event-stream.ts";
import { type Announcement, type Audience, type EventTopic, TopicChanges } from "./live-event.ts";

/** Changes are told together, so often at most. */
export const TOLD_EVERY_MS = 250;
export const STREAMS_PER_USER_MAX = 10;
const RETRY_AFTER_S = 30;

export interface EventHubLimits {
  /** Of all users together. */
  readonly streamsMax: number;
}

interface Gathered {
  readonly topic: EventTopic;
  readonly audience: Audience;
  readonly changes: TopicChanges;
}

/** Tells those who are connected what has changed: four times a second at most, to each only what they may see. */
export class EventHub {
  readonly #deps: { readonly clock: Clock; readonly sleep: Sleep };
  readonly #limits: EventHubLimits;
  readonly #streams = new Map<string, Set<EventStream>>();
  readonly #closing = new AbortController();
  readonly #gathered = new Map<string, Gathered>();
  #count = 0;
  #toldAtMs = Number.NEGATIVE_INFINITY;
  #isTelling = false;

  constructor(deps: { readonly clock: Clock; readonly sleep: Sleep }, limits: EventHubLimits) {
    this.#deps = deps;
    this.#limits = limits;
  }

  /** Streams that are open. */
  get count(): number {
    return this.#count;
  }

  /** @throws AppError TOO_MANY_REQUESTS beyond ten of one user, OVERLOADED beyond those of all, SHUTTING_DOWN */
  open(subscriber: Subscriber): EventStream {
    const own = this.#streams.get(subscriber.userId) ?? new Set<EventStream>();
    this.#refuse(own.size);
    const stream = new EventStream(this.#deps, subscriber);
    this.#streams.set(subscriber.userId, own.add(stream));
    this.#count += 1;
    stream.readable.once("close", () => {
      this.#count -= 1;
      own.delete(stream);
      if (own.size === 0 && this.#streams.get(subscriber.userId) === own) this.#streams.delete(subscriber.userId);
    });
    return stream;
  }

  /** Costs next to nothing where nobody listens. */
  announce({ topic, audience, ids }: Announcement): void {
    if (audience.kind === "user" ? !this.#streams.has(audience.userId) : this.#count === 0) return;
    const key = audience.kind === "user" ? `${topic} ${audience.userId}` : `${topic} (${audience.kind})`;
    let gathered = this.#gathered.get(key);
    if (gathered === undefined) {
      gathered = { topic, audience, changes: new TopicChanges() };
      this.#gathered.set(key, gathered);
    }
    gathered.changes.add(ids);
    if (!this.#isTelling) void this.#tellSoon();
  }

  /** What the user may see has changed: every connection of theirs is to begin anew. */
  endOf(userId: string): void {
    for (const stream of this.#streams.get(userId) ?? []) stream.end();
  }

  /** Ends every connection, and takes no more. */
  close(): void {
    this.#closing.abort(new Error("no more events are told"));
    for (const streams of this.#streams.values()) for (const stream of streams) stream.end();
  }

  #refuse(ownCount: number): void {
    if (this.#closing.signal.aborted) {
      throw new AppError("SHUTTING_DOWN", "the coordinator is stopping: try again in a moment");
    }
    const details = { retry_after_s: RETRY_AFTER_S };
    if (ownCount >= STREAMS_PER_USER_MAX) {
      throw new AppError(
        "TOO_MANY_REQUESTS",
        `${ownCount} connections of this account listen to events already: close one of them`,
        { details: { ...details, max: STREAMS_PER_USER_MAX } },
      );
    }
    if (this.#count >= this.#limits.streamsMax) {
      throw new AppError("OVERLOADED", "as many listen to events as can be served: look again from time to time", {
        details,
      });
    }
  }

  async #tellSoon(): Promise<void> {
    this.#isTelling = true;
    const sinceMs = this.#deps.clock.monotonicMs() - this.#toldAtMs;
    await this.#deps.sleep(Math.max(0, TOLD_EVERY_MS - sinceMs), this.#closing.signal);
    this.#isTelling = false;
    this.#toldAtMs = this.#deps.clock.monotonicMs();
    const all = [...this.#gathered.values()];
    this.#gathered.clear();
    for (const { topic, audience, changes } of all) {
      for (const stream of this.#listenersOf(audience)) stream.add(topic, changes);
    }
  }

  *#listenersOf(audience: Audience): Generator<EventStream, void, void> {
    if (audience.kind === "user") {
      yield* this.#streams.get(audience.userId) ?? [];
      return;
    }
    for (const streams of this.#streams.values()) {
      for (const stream of streams) {
        if (audience.kind === "everyone" || stream.subscriber.role === "admin") yield stream;
      }
    }
  }
}
