/** One thing at a time for each key; things of different keys run together. Bounded by its callers. */
export class Turns<Key> {
  readonly #last = new Map<Key, Promise<void>>();

  /** Whether something of `key` runs or waits. */
  isBusy(key: Key): boolean {
    return this.#last.has(key);
  }

  async run<T>(key: Key, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const { promise: done, resolve: end } = Promise.withResolvers<void>();
    this.#last.set(key, done);
    try {
      await before;
      return await work();
    } finally {
      if (this.#last.get(key) === done) this.#last.delete(key);
      end();
    }
  }

  /** Resolves when nothing of any key runs. */
  async idle(): Promise<void> {
    while (this.#last.size > 0) await Promise.all(this.#last.values());
  }
}
