import { type ComponentType, lazy } from "react";

/** In the browser's record of the page: what was asked for before it was needed for the first sight. */
const MARK = "first-sight";
/** Whatever is slow, the rest is loaded then. */
const WAIT_MS_MAX = 8000;
const IDLE_MS = 200;
const AGAIN_MS = 2000;
const AGAIN_MS_MAX = 60_000;

let begin: () => void = () => undefined;
let isThere = false;
const begun = new Promise<void>((resolve) => {
  begin = resolve;
});
setTimeout(() => begin(), WAIT_MS_MAX);

/** What the address leads to is in sight, or will be without anything that comes later. */
export function firstSightIsThere(): void {
  if (isThere) return;
  isThere = true;
  // Once it is painted.
  requestAnimationFrame(() =>
    setTimeout(() => {
      performance.mark(MARK);
      begin();
    }),
  );
}

/** Somebody reaches for what is not there yet. */
export function loadTheRestNow(): void {
  begin();
}

/** Loads what is touched later, one after the other, while the page has nothing else to do. */
export async function loadInIdleTime(loads: readonly (() => Promise<unknown>)[]): Promise<void> {
  await begun;
  const { connection } = navigator as { readonly connection?: { readonly saveData?: boolean } };
  if (connection?.saveData === true) return;
  for (const load of loads) {
    await idleTime();
    try {
      await load();
    } catch {
      // It is loaded when it is needed, and told of then.
      return;
    }
  }
}

function idleTime(): Promise<unknown> {
  // Some browsers do not say when they have nothing to do.
  const ask = (globalThis as { readonly requestIdleCallback?: typeof requestIdleCallback }).requestIdleCallback;
  return new Promise((resolve) => (ask === undefined ? setTimeout(resolve, IDLE_MS) : ask(resolve)));
}

/** Loads a part of the page after the first sight, until it is there. */
export async function afterFirstSight<Part>(load: () => Promise<Part>): Promise<Part> {
  await begun;
  for (let pauseMs = AGAIN_MS; ; pauseMs = Math.min(AGAIN_MS_MAX, pauseMs * 2)) {
    try {
      return await load();
    } catch {
      // What stands in its place stays.
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/** A component for which something simple stands at first. */
export function lazyAfterFirstSight<Props>(load: () => Promise<ComponentType<Props>>) {
  return lazy(() => afterFirstSight(load).then((component) => ({ default: component })));
}
