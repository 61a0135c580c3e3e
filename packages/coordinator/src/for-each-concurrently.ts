/**
 * Works on items, `concurrentMax` at once, in their order. The first failure ends it once the work under way has ended;
 * an abort ends it before the next item.
 */
export async function forEachConcurrently<T>(
  items: Iterable<T>,
  options: { readonly concurrentMax: number; readonly signal: AbortSignal },
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  let failure: { readonly error: unknown } | undefined;
  const lane = async (): Promise<void> => {
    while (failure === undefined && !options.signal.aborted) {
      const next = iterator.next();
      if (next.done === true) return;
      try {
        await work(next.value);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: options.concurrentMax }, lane));
  if (failure !== undefined) throw failure.error;
  options.signal.throwIfAborted();
}
