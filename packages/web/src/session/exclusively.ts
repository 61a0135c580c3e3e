const turns = new Map<string, Promise<unknown>>();

/**
 * Runs `action` while nobody else does in any tab of this browser. Where the browser has no locks, as on plain http to
 * another machine, only this tab's own take turns.
 */
export function exclusively<T>(name: string, action: () => Promise<T>): Promise<T> {
  const locks = (navigator as { readonly locks?: LockManager }).locks;
  if (locks !== undefined) return locks.request(name, action) as Promise<T>;
  const turn = (turns.get(name) ?? Promise.resolve()).then(action, action);
  turns.set(
    name,
    turn.catch(() => undefined),
  );
  return turn;
}
