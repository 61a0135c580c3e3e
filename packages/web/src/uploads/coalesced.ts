/** Runs an action at once, and for all calls that come within the pause after it once more at its end. */
export function coalesced(action: () => void, pauseMs: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isWanted = false;
  const run = (): void => {
    isWanted = false;
    timer = setTimeout(() => {
      timer = undefined;
      if (isWanted) run();
    }, pauseMs);
    action();
  };
  return () => {
    if (timer === undefined) run();
    else isWanted = true;
  };
}
