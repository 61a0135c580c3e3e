import { useLocation, useNavigate, useRouter } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { type Entry, filesOf, type ListedFile } from "./entry.ts";

declare module "@tanstack/react-router" {
  interface HistoryState {
    /** The file that lies over the page at this step of the tab's history. */
    readonly previewed?: string;
  }
}

/** The file that is looked at. It is a step of the tab's history: Back closes it, and does not leave its folder. */
export function usePreviewed(entries: readonly Entry[]) {
  const { history } = useRouter();
  const navigate = useNavigate();
  const id = useLocation({ select: ({ state }) => state.previewed });
  // A file that is replaced or deleted meanwhile is looked at to the end.
  const last = useRef<ListedFile>(undefined);
  const isClosing = useRef(false);
  const listed = id === undefined ? undefined : filesOf(entries).find((file) => file.file_id === id);
  const file = listed ?? (last.current?.file_id === id ? last.current : undefined);
  useEffect(() => {
    last.current = file;
    isClosing.current = false;
  }, [file]);
  const go = ({ file_id: previewed }: ListedFile, replace: boolean): void => {
    void navigate({ to: ".", search: true, state: (state) => ({ ...state, previewed }), replace, resetScroll: false });
  };
  return {
    file,
    open: (next: ListedFile) => go(next, false),
    move: (next: ListedFile) => go(next, true),
    close: () => {
      // Twice would be one step too far.
      if (id === undefined || isClosing.current) return;
      isClosing.current = true;
      history.back();
    },
  };
}
