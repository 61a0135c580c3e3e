import { Outlet, useLocation, useNavigate, useRouterState, useSearch } from "@tanstack/react-router";
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
  const { q = "" }: { readonly q?: string } = useSearch({ strict: false });
  const isSearching = useLocation({ select: ({ pathname }) => pathname === "/search" });
  const address = useRouterState({ select: (state) => state.location.href });
  const navigate = useNavigate();
  const [text, setText] = useState(q);
  const before = useRef("/files");
  useEffect(() => {
    if (!isSearching) before.current = address;
  }, [isSearching, address]);
  // Another address, by a link or the browser's arrows, has its own text.
  useEffect(() => setText(isSearching ? q : ""), [isSearching, q]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const change = (next: string): void => {
    setText(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      if (next.trim() !== "") void navigate({ to: "/search", search: { q: next }, replace: isSearching });
      else if (isSearching) void navigate({ href: before.current });
    }, SETTLED_MS);
  };
  return { text, change };
}
