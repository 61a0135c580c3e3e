import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";

/** One thing that happened. */
export interface TraceEvent {
  readonly atMs: number;
  readonly kind: string;
  readonly nodeId: NodeId | undefined;
  readonly chunk: ChunkName | undefined;
  readonly note: string;
}

const RECENT_MAX = 400;
const RECENT_OF_CHUNK_MAX = 40;

/** What happened: a digest of all of it, counts by kind, and the last events of the network and of every chunk. */
export class Trace {
  readonly #now: () => number;
  readonly #counts = new Map<string, number>();
  readonly #recent: TraceEvent[] = [];
  readonly #ofChunk = new Map<ChunkName, TraceEvent[]>();
  #low = 0x811c9dc5;
  #high = 0x01000193;
  #length = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  record(kind: string, about: { nodeId?: NodeId; chunk?: ChunkName; note?: string } = {}): void {
    const { nodeId, chunk, note = "" } = about;
    const event: TraceEvent = { atMs: this.#now(), kind, nodeId, chunk, note };
    this.#length++;
    this.#mix(event.atMs);
    this.#mixText(kind);
    if (nodeId !== undefined) this.#mixText(nodeId);
    if (chunk !== undefined) this.#mixText(chunk.slice(0, 16));
    this.#mixText(note);
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    keepLast(this.#recent, event, RECENT_MAX);
    if (chunk === undefined) return;
    let history = this.#ofChunk.get(chunk);
    if (history === undefined) this.#ofChunk.set(chunk, (history = []));
    keepLast(history, event, RECENT_OF_CHUNK_MAX);
  }

  /** Two runs in which the same happened at the same times have the same one. 64 bits in hexadecimal. */
  digest(): string {
    return [this.#high, this.#low].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }

  get length(): number {
    return this.#length;
  }

  counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  count(kind: string): number {
    return this.#counts.get(kind) ?? 0;
  }

  recent(count: number): readonly TraceEvent[] {
    return this.#recent.slice(-count);
  }

  recentOf(chunk: ChunkName): readonly TraceEvent[] {
    return this.#ofChunk.get(chunk) ?? [];
  }

  /** Nobody will ask for this chunk any more. */
  forget(chunk: ChunkName): void {
    this.#ofChunk.delete(chunk);
  }

  /** Two FNV-1a hashes side by side, which take in each other. */
  #mix(word: number): void {
    this.#low = Math.imul(this.#low ^ word, 0x01000193);
    this.#high = Math.imul(this.#high ^ this.#low ^ (word / 0x1_0000_0000), 0x85ebca6b);
    this.#high ^= this.#high >>> 15;
  }

  #mixText(text: string): void {
    for (let i = 0; i < text.length; i++) this.#mix(text.charCodeAt(i));
  }
}

/** Keeps at least the last `max`, at most twice as many. */
function keepLast(events: TraceEvent[], event: TraceEvent, max: number): void {
  events.push(event);
  if (events.length >= 2 * max) events.splice(0, max);
}
