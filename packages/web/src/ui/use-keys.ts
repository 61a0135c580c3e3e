import { useEffect, useRef } from "react";

/** The box of a row that was ticked has the focus, but nothing is written in it. */
const WRITABLE = 'input:not([type="checkbox"]), textarea, select, [contenteditable]';

type Keys = Readonly<Record<string, (event: KeyboardEvent) => void>>;

/** Keys of the whole page; not while somebody writes, nor behind an open window. */
export function useKeys(keys: Keys): void {
  const current = useRef(keys);
  useEffect(() => {
    current.current = keys;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTaken(event.target)) return;
      const action = current.current[event.key];
      if (action === undefined) return;
      event.preventDefault();
      action(event);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

function isTaken(target: EventTarget | null): boolean {
  if (document.querySelector('[role="dialog"][data-rac], [role="menu"]') !== null) return true;
  return target instanceof HTMLElement && target.closest(WRITABLE) !== null;
}
