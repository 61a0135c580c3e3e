/**
 * Runs `action` for each item, at most `parallelMax` at once, in the order of the items. The first failure aborts the
 * signal of the others; it is thrown when all of them have ended.
 */
export async function forEachParallel<T>(
  items: Iterable<T>,
  options: { readonly parallelMax: number; readonly signal?: AbortSignal },
  action: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal]);
  let failure: { readonly reason: unknown } | undefined;

  async function work(): Promise<void> {
    while (!signal.aborted) {
      const next = iterator.next();
      if (next.done === true) return;
      try {
        await action(next.value, signal);
      } catch (reason) {
        failure ??= { reason };
        stop.abort(reason);
      }
    }
  }

  await Promise.all(Array.from({ length: options.parallelMax }, work));
  if (failure !== undefined) throw failure.reason;
  options.signal?.throwIfAborted();
}
