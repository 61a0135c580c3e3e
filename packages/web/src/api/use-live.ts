import { type QueryKey, useQuery } from "@tanstack/react-query";

const INTERVAL_MS = 2000;
const INTERVAL_MS_MAX = 30_000;

/**
 * What changes by itself, asked for anew every two seconds while the page is seen. After failures the pauses grow with
 * the time that nothing came.
 */
export function useLive<T>(key: QueryKey, ask: (signal: AbortSignal) => Promise<T>, intervalMs = INTERVAL_MS) {
  return useQuery({
    queryKey: key,
    queryFn: ({ signal }) => ask(signal),
    refetchInterval: ({ state }) =>
      state.error === null ? intervalMs : pauseAfterFailure(Date.now() - state.dataUpdatedAt, intervalMs),
    // What the coordinator could not say now may be asked for again; what was shown stays.
    placeholderData: (before) => before,
  });
}

export function pauseAfterFailure(sinceLastAnswerMs: number, intervalMs: number): number {
  return Math.min(INTERVAL_MS_MAX, Math.max(intervalMs, sinceLastAnswerMs));
}
