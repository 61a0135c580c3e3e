/** Something that happens at a time. Cancelled ones stay in the queue until their time comes. */
export interface ScheduledEvent {
  readonly atMs: number;
  readonly sequence: number;
  action: (() => void) | undefined;
}

/** A binary heap (Williams 1964): the earliest event first, of equal ones the one that was added first. */
export class EventQueue {
  readonly #heap: ScheduledEvent[] = [];
  #nextSequence = 0;

  get size(): number {
    return this.#heap.length;
  }

  add(atMs: number, action: () => void): ScheduledEvent {
    const event: ScheduledEvent = { atMs, sequence: this.#nextSequence++, action };
    const heap = this.#heap;
    let place = heap.length;
    heap.push(event);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent]!;
      if (isBefore(above, event)) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = event;
    return event;
  }

  /** Takes the first event out, if its time is not later than `untilMs`. */
  takeUntil(untilMs: number): ScheduledEvent | undefined {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.atMs > untilMs) return undefined;
    const last = heap.pop()!;
    if (heap.length > 0) this.#sink(last);
    return first;
  }

  /** Puts `event` in place of the first one, and then where it belongs. */
  #sink(event: ScheduledEvent): void {
    const heap = this.#heap;
    const { length } = heap;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= length) break;
      if (child + 1 < length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (isBefore(event, heap[child]!)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = event;
  }
}

function isBefore(a: ScheduledEvent, b: ScheduledEvent): boolean {
  return a.atMs === b.atMs ? a.sequence < b.sequence : a.atMs < b.atMs;
}
