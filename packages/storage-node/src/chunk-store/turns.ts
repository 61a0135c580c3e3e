/** One thing at a time for each key; things of different keys run together. Bounded by its callers. */
export class Turns<Key> {
  readonly #last = new Map<Key, Promise<void>>();

  /** Whether something of `key` runs or waits. */
  isBusy(key: Key): boolean {
    return this.#last.has(key);
  }

  /** Runs `work` when it is the turn of all `keys`. They are taken in one go, so that no two can wait for each other. */
  async run<T>(keys: Iterable<Key>, work: () => Promise<T>): Promise<T> {
    const { promise: done, resolve: end } = Promise.withResolvers<void>();
    const taken = new Set(keys);
    const before: Promise<void>[] = [];
    for (const key of taken) {
      const last = this.#last.get(key);
      if (last !== undefined) before.push(last);
      this.#last.set(key, done);
    }
    try {
      await Promise.all(before);
      return await work();
    } finally {
      for (const key of taken) if (this.#last.get(key) === done) this.#last.delete(key);
      end();
    }
  }

  /** Resolves when nothing of any key runs. */
  async idle(): Promise<void> {
    while (this.#last.size > 0) await Promise.all(this.#last.values());
  }
}
