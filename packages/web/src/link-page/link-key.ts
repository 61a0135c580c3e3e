/** In the state of the tab's history entry: it outlives a reload, and is in no list of addresses. */
const KEPT = "linkKey";

let key: string | undefined;

/**
 * Takes the key of a sealed file's link out of the address bar and the tab's history, before the router looks at either.
 * Nothing of it is ever sent.
 */
export function takeLinkKey(): void {
  const { pathname, search, hash } = location;
  if (!pathname.startsWith("/shared/")) return;
  const kept = (history.state as Readonly<Record<string, unknown>> | null)?.[KEPT];
  if (typeof kept === "string") key = kept;
  if (hash.length < 2) return;
  key = hash.slice(1);
  history.replaceState(history.state, "", pathname + search);
}

/** For a reload: the router puts a state of its own in place of the first. */
export function keepLinkKey(): void {
  const state = history.state as Readonly<Record<string, unknown>> | null;
  if (key !== undefined && state?.[KEPT] !== key) history.replaceState({ ...state, [KEPT]: key }, "");
}

/** What stood behind the # of this page's link; undefined where nothing did. */
export function linkKey(): string | undefined {
  return key;
}
