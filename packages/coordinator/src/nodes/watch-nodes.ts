import type { Sleep } from "@commonhold/runtime/sleep.ts";

const CHECK_MS = 1_000;

/** Looks every second whether a node has fallen silent. @returns what ends it */
export function watchNodes(nodes: { readonly check: () => void }, sleep: Sleep): () => Promise<void> {
  const ending = new AbortController();
  const watch = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      nodes.check();
      await sleep(CHECK_MS, ending.signal);
    }
  };
  const watching = watch();
  return async () => {
    ending.abort(new Error("nodes are watched no more"));
    await watching;
  };
}
