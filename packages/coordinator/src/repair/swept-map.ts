/** A bounded memory of what sweeps find: an entry that a whole sweep did not see again is forgotten. */
export class SweptMap<Key, Value> {
  readonly #max: number;
  readonly #entries = new Map<Key, { readonly value: Value; sweep: number }>();
  #sweep = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** A new key finds no place where there are as many as there may be. */
  set(key: Key, value: Value): void {
    if (this.#entries.has(key) || this.#entries.size < this.#max) this.#entries.set(key, { value, sweep: this.#sweep });
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key)?.value;
  }

  /** The value, which this keeps for the sweep under way. */
  see(key: Key): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    entry.sweep = this.#sweep;
    return entry.value;
  }

  delete(key: Key): void {
    this.#entries.delete(key);
  }

  values(): readonly Value[] {
    return Array.from(this.#entries.values(), ({ value }) => value);
  }

  beginSweep(): void {
    this.#sweep += 1;
  }

  endSweep(): void {
    for (const [key, { sweep }] of this.#entries) if (sweep < this.#sweep) this.#entries.delete(key);
  }
}
