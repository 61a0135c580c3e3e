import { Readable } from "node:stream";
import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { Role } from "@commonhold/metadata/tables.ts";
import type { Sleep } from "@commonhold/runtime/sleep.ts";
import { type EventTopic, TopicChanges, topicsOf } from "./live-event.ts";

/** A line that says nothing goes out so often, so that both sides notice a connection that is gone. */
export const EVENT_HEARTBEAT_MS = 15_000;
/** Whoever takes nothing for so long while there is something to take is cut off. */
const STALLED_MS = 30_000;
const WOKEN = new Error("there is something to send");

export interface Subscriber {
  readonly userId: string;
  readonly role: Role;
  /** When the access token ends, in milliseconds since 1970. */
  readonly untilMs: number;
}

export interface EventStreamDeps {
  readonly clock: Clock;
  readonly sleep: Sleep;
}

/**
 * The events of one connection as text (the event stream format of the HTML standard, 9.2). It is pulled by whoever
 * reads: while the reader is slow, changes gather by topic and nothing else grows.
 */
export class EventStream {
  readonly subscriber: Subscriber;
  /** Ends with the access token, and when the stream is ended. */
  readonly readable: Readable;
  readonly #deps: EventStreamDeps;
  readonly #pending = new Map<EventTopic, TopicChanges>();
  #nap = new AbortController();
  #isGreeted = false;
  #isEnded = false;
  /** Since when the last text waits to be taken, by the clock that does not jump. */
  #offeredAtMs: number | undefined;

  constructor(deps: EventStreamDeps, subscriber: Subscriber) {
    this.#deps = deps;
    this.subscriber = subscriber;
    this.readable = new Readable({
      objectMode: true,
      highWaterMark: 1,
      read: () => void this.#next(),
      destroy: (error, done) => {
        this.end();
        done(error);
      },
    });
  }

  /** Takes changes to tell. A reader that has taken nothing for long is cut off by it. */
  add(topic: EventTopic, changes: TopicChanges): void {
    const pending = this.#pending.get(topic) ?? new TopicChanges();
    this.#pending.set(topic, pending);
    pending.add(changes.ids, changes.hasMore);
    const waitedMs = this.#deps.clock.monotonicMs() - (this.#offeredAtMs ?? Number.POSITIVE_INFINITY);
    if (waitedMs > STALLED_MS) {
      this.readable.destroy(new AppError("CLIENT_CLOSED", "the reader of the events takes none"));
    } else this.#nap.abort(WOKEN);
  }

  /** Tells what is known, then ends. */
  end(): void {
    this.#isEnded = true;
    this.#nap.abort(WOKEN);
  }

  /** Gives the next text, once the last was taken. */
  async #next(): Promise<void> {
    this.#offeredAtMs = undefined;
    const text = this.#isGreeted ? await this.#nextText() : helloText(this.subscriber);
    this.#isGreeted = true;
    this.#offeredAtMs = this.#deps.clock.monotonicMs();
    if (!this.readable.destroyed) this.readable.push(text);
  }

  /** Null at the end. */
  async #nextText(): Promise<string | null> {
    await this.#wait();
    const text = this.#takePending();
    if (text !== "") return text;
    return this.#isOver() ? null : ": still here\n\n";
  }

  /** Until there is something to tell, or it is time for a sign of life, or over. */
  async #wait(): Promise<void> {
    if (this.#pending.size > 0 || this.#isOver()) return;
    this.#nap = new AbortController();
    const leftMs = this.subscriber.untilMs - this.#deps.clock.nowMs();
    await this.#deps.sleep(Math.min(EVENT_HEARTBEAT_MS, leftMs), this.#nap.signal);
  }

  #isOver(): boolean {
    return this.#isEnded || this.#deps.clock.nowMs() >= this.subscriber.untilMs;
  }

  #takePending(): string {
    const texts = Array.from(this.#pending, ([topic, { ids, hasMore }]) => eventText(topic, { ids, more: hasMore }));
    this.#pending.clear();
    return texts.join("");
  }
}

function helloText({ role, untilMs }: Subscriber): string {
  return eventText("hello", {
    topics: topicsOf(role),
    heartbeat_ms: EVENT_HEARTBEAT_MS,
    ends_at: new Date(untilMs).toISOString(),
  });
}

/** JSON has no line breaks, so the data are one line. */
function eventText(event: EventTopic | "hello", data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
