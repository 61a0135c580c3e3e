import { useEffect, useState } from "react";
import type { MovableList } from "./movable-list.tsx";

type Movable = typeof MovableList;

/** Once files are in sight: what drags them is not waited for. */
const LATER_MS = 500;

/** Whether it is a row of a list of files, or something in one. */
export function isInList(element: Element | null): boolean {
  return element !== null && element.closest(".file-list") !== null;
}

let loaded: Movable | undefined;

/** The list whose rows can be dragged, as soon as it is there, and whether the one before it had the focus then. */
export function useMovableList(): { readonly MovableList: Movable | undefined; readonly hadFocus: boolean } {
  const [list, setList] = useState({ MovableList: loaded, hadFocus: false });
  useEffect(() => {
    if (list.MovableList !== undefined) return;
    let isGone = false;
    const load = async (): Promise<void> => {
      loaded = (await import("./movable-list.tsx")).MovableList;
      const hadFocus = isInList(document.activeElement);
      if (!isGone) setList({ MovableList: loaded, hadFocus });
    };
    // Offline it stays as it is until the next list.
    const timer = setTimeout(() => void load().catch(() => undefined), LATER_MS);
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [list]);
  return list;
}
