/**
 * Aborts `to` when `from` aborts, with its reason, until the returned function is called. For what lives as long as a
 * request: the signals of AbortSignal.any are held weakly by their sources, which is work for the garbage collector.
 */
export function forwardAbort(from: AbortSignal, to: AbortController): () => void {
  const forward = (): void => to.abort(from.reason);
  if (from.aborted) forward();
  else from.addEventListener("abort", forward, { once: true });
  return () => from.removeEventListener("abort", forward);
}
