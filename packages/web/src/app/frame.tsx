import { Outlet, useRouterState } from "@tanstack/react-router";
import { type ReactNode, Suspense, useEffect } from "react";
import { SharingWindows } from "../shares/sharing-windows.tsx";
import { appTexts } from "../texts/app-texts.ts";
import { Toasts } from "../ui/toasts.tsx";
import { useNoStrayDrop } from "../ui/use-no-stray-drop.ts";
import { Uploads } from "../uploads/uploads.tsx";
import { useSessionState } from "./access.tsx";
import { Doorway, Waiting } from "./doorway.tsx";
import { firstSightIsThere } from "./first-sight.ts";
import { Keys } from "./keys.tsx";
import { Navigation } from "./navigation.tsx";
import { PageNotes } from "./page-notes.tsx";

/** What is around every room. Whoever is not signed in sees the way in, at whatever address but a link's. */
export function Frame(): ReactNode {
  const isLink = useRouterState({ select: ({ location }) => location.pathname.startsWith("/shared/") });
  const state = useSessionState();
  useNoStrayDrop();
  if (isLink) {
    return (
      <>
        <PageNotes />
        <Suspense fallback={<Waiting />}>
          <Outlet />
        </Suspense>
      </>
    );
  }
  if (state !== "signed-in") return <Doorway />;
  return (
    <div className="frame">
      <a className="skip" href="#content">
        {appTexts.skip}
      </a>
      <Navigation />
      <main id="content" className="content" tabIndex={-1}>
        <PageNotes />
        <Suspense fallback={null}>
          <Outlet />
        </Suspense>
      </main>
      <Uploads />
      <SharingWindows />
      <Keys />
      <Toasts />
      <RestOfOtherRooms />
    </div>
  );
}

/** Rooms with files say themselves when those are in sight. */
function RestOfOtherRooms() {
  const isFiles = useRouterState({ select: ({ location }) => /^\/(?:files(?:\/|$)|$)/.test(location.pathname) });
  useEffect(() => {
    if (!isFiles) firstSightIsThere();
  }, [isFiles]);
  return null;
}
