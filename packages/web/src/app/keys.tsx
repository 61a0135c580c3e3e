import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useKeys } from "../ui/use-keys.ts";

const Dialog = lazy(() => import("./keys-dialog.tsx").then((dialog) => ({ default: dialog.KeysDialog })));

/** The id of the field in which files are searched, in the rooms that have it. */
export const SEARCH_FIELD = "search-field";

/** The keys of all rooms. What `?` shows, loaded with the first one. */
export function Keys() {
  const [isOpen, setOpen] = useState(false);
  const [wasOpen, setWasOpen] = useState(false);
  const navigate = useNavigate();
  useKeys({
    "/": () => {
      const field = document.getElementById(SEARCH_FIELD);
      if (field === null) void navigate({ to: "/search", search: {} });
      else field.focus();
    },
    "?": () => {
      setOpen(true);
      setWasOpen(true);
    },
  });
  if (!wasOpen) return null;
  return (
    <Suspense fallback={null}>
      <Dialog isOpen={isOpen} onClose={() => setOpen(false)} />
    </Suspense>
  );
}
