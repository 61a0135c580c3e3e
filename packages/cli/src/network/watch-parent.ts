const POLL_MS = 500;

/**
 * Calls once when the process that started this one has ended, within half a second: this one has got another parent
 * then. It keeps no process alive. On Windows, where a process has the same parent for ever, it never calls.
 */
export function watchParent(onEnd: () => void): { readonly stop: () => void } {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onEnd();
  }, POLL_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
