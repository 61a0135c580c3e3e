import { useEffect, useState } from "react";
import type { MovableList } from "./movable-list.tsx";

type Movable = typeof MovableList;

/** Once files are in sight: what drags them is not waited for. */
const LATER_MS = 500;
const AGAIN_MS = 200;

/** Whether it is a row of a list of files, or something in one. */
export function isInList(element: Element | null): boolean {
  return element !== null && element.closest(".file-list") !== null;
}

/** A list that is put in place of another closes the menu of a row, and ends what is being typed in one. */
function isInUse(): boolean {
  const { activeElement } = document;
  if (activeElement instanceof HTMLInputElement && isInList(activeElement)) return true;
  return document.querySelector("[role=menu], [role=dialog], [role=alertdialog]") !== null;
}

let loaded: Movable | undefined;

/** The list whose rows can be dragged, as soon as it is there, and whether the one before it had the focus then. */
export function useMovableList(): { readonly MovableList: Movable | undefined; readonly hadFocus: boolean } {
  const [list, setList] = useState({ MovableList: loaded, hadFocus: false });
  useEffect(() => {
    if (list.MovableList !== undefined) return;
    let isGone = false;
    let timer: ReturnType<typeof setTimeout>;
    const show = (): void => {
      if (isGone) return;
      if (isInUse()) timer = setTimeout(show, AGAIN_MS);
      else setList({ MovableList: loaded, hadFocus: isInList(document.activeElement) });
    };
    const load = async (): Promise<void> => {
      loaded = (await import("./movable-list.tsx")).MovableList;
      show();
    };
    // Offline it stays as it is until the next list.
    timer = setTimeout(() => void load().catch(() => undefined), LATER_MS);
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [list]);
  return list;
}
