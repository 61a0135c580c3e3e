import { Outlet, useLocation, useNavigate, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { Button } from "react-aria-components/Button";
import { Input } from "react-aria-components/Input";
import { SearchField } from "react-aria-components/SearchField";
import { SEARCH_FIELD } from "../app/keys.tsx";
import { filesTexts } from "../texts/files-texts.ts";
import { Icon } from "../ui/icon.tsx";

const SETTLED_MS = 150;

/** Around all rooms in which files are listed: the search, which stays while what it finds comes and goes. */
export function Drive(): ReactNode {
  const { text, change } = useSearchText();
  const isSearching = useLocation({ select: ({ pathname }) => pathname === "/search" });
  return (
    <div className="drive">
      <SearchField
        className="search"
        aria-label={filesTexts.find}
        value={text}
        onChange={change}
        autoFocus={isSearching && text === ""}
      >
        <Icon name="search" />
        <Input id={SEARCH_FIELD} className="input" placeholder={filesTexts.find} maxLength={255} />
        <Button className="icon-button clear">
          <Icon name="close" size={16} />
        </Button>
      </SearchField>
      <Outlet />
    </div>
  );
}

/** What is written is looked for once it rests; emptied, it leads back to where it was begun. */
function useSearchText() {
  // Of the address alone: the room that it leads to may still be on its way.
  const asked = useLocation({
    select: ({ pathname, search }) => (pathname === "/search" ? textOf(search) : undefined),
  });
  const isSearching = asked !== undefined;
  const address = useRouterState({ select: (state) => state.location.href });
  const navigate = useNavigate();
  const [text, setText] = useState(asked ?? "");
  const before = useRef("/files");
  /** What was looked for from here; more may have been written since. */
  const sent = useRef<string>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  // Another address, by a link or the browser's arrows, has its own text.
  useEffect(() => {
    if (asked !== undefined && asked === sent.current) return;
    clearTimeout(timer.current);
    sent.current = undefined;
    if (asked === undefined) before.current = address;
    setText(asked ?? "");
  }, [asked, address]);
  const change = (next: string): void => {
    setText(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      sent.current = next;
      if (next.trim() !== "") void navigate({ to: "/search", search: { q: next }, replace: isSearching });
      else if (isSearching) void navigate({ href: before.current });
    }, SETTLED_MS);
  };
  return { text, change };
}

function textOf({ q = "" }: { readonly q?: unknown }): string {
  return typeof q === "string" || typeof q === "number" ? String(q) : "";
}
