import { type QueryKey, useQuery } from "@tanstack/react-query";
import { useIsLive } from "../app/services.tsx";

const INTERVAL_MS = 2000;
const INTERVAL_MS_MAX = 30_000;
/** Figures that move all the time are told of by no event. */
const LIVE_INTERVAL_MS = 10_000;

/**
 * What changes by itself: asked for anew when the coordinator says so, and at leisure. While it cannot say, every two
 * seconds while the page is seen; after failures the pauses grow with the time that nothing came.
 */
export function useLive<T>(key: QueryKey, ask: (signal: AbortSignal) => Promise<T>, intervalMs = INTERVAL_MS) {
  const isLive = useIsLive();
  return useQuery({
    queryKey: key,
    queryFn: ({ signal }) => ask(signal),
    refetchInterval: ({ state }) => {
      if (state.error !== null) return pauseAfterFailure(Date.now() - state.dataUpdatedAt, intervalMs);
      return isLive ? Math.max(intervalMs, LIVE_INTERVAL_MS) : intervalMs;
    },
    // What the coordinator could not say now may be asked for again; what was shown stays.
    placeholderData: (before) => before,
  });
}

function pauseAfterFailure(sinceLastAnswerMs: number, intervalMs: number): number {
  return Math.min(INTERVAL_MS_MAX, Math.max(intervalMs, sinceLastAnswerMs));
}
