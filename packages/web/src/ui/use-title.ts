import { useEffect } from "react";
import { appTexts } from "../texts/app-texts.ts";

/** What the browser's tab says. */
export function useTitle(room: string): void {
  useEffect(() => {
    document.title = `${room} · ${appTexts.name}`;
  }, [room]);
}
