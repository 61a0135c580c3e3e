import { useState } from "react";
import type { FileView } from "./file-toolbar.tsx";

const VIEW = "commonhold.view";
const DETAILS = "commonhold.details";

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // It is the person's wish for this page then, and no longer.
  }
}

/** How this person likes files shown, in this browser. */
export function useFileView() {
  const [view, setView] = useState<FileView>(() => (read(VIEW) === "grid" ? "grid" : "list"));
  const [areDetailsOpen, setDetails] = useState(() => read(DETAILS) === "open");
  return {
    view,
    setView: (next: FileView) => {
      write(VIEW, next);
      setView(next);
    },
    areDetailsOpen,
    setDetails: (isOpen: boolean) => {
      write(DETAILS, isOpen ? "open" : "closed");
      setDetails(isOpen);
    },
  };
}
