import { Outlet, useRouterState } from "@tanstack/react-router";
import { type ReactNode, Suspense, useState } from "react";
import { Button } from "react-aria-components/Button";
import { WelcomeRoom } from "../session/welcome-room.tsx";
import { SharingWindows } from "../shares/sharing-windows.tsx";
import { appTexts } from "../texts/app-texts.ts";
import { Toasts } from "../ui/toasts.tsx";
import { Uploads } from "../uploads/uploads.tsx";
import { Keys } from "./keys.tsx";
import { Mark } from "./mark.tsx";
import { Navigation } from "./navigation.tsx";
import { PageNotes } from "./page-notes.tsx";
import { useServices, useSessionState } from "./services.tsx";

/** What is around every room. Whoever is not signed in sees the way in, at whatever address but a link's. */
export function Frame(): ReactNode {
  const isLink = useRouterState({ select: ({ location }) => location.pathname.startsWith("/shared/") });
  const state = useSessionState();
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
  if (state === "starting") return <Waiting />;
  if (state === "unreachable") return <Unreachable />;
  if (state === "signed-out") {
    return (
      <>
        <PageNotes />
        <WelcomeRoom />
      </>
    );
  }
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
    </div>
  );
}

function Waiting() {
  return (
    <div className="waiting" aria-busy="true">
      <Mark size={40} />
      <span className="hidden">{appTexts.starting}</span>
    </div>
  );
}

/** The app without its coordinator: nothing of a person is kept in the browser, so there is nothing to show. */
function Unreachable() {
  const { connection } = useServices();
  const [isAsking, setAsking] = useState(false);
  const { title, here, away, text, again } = appTexts.unreachable;
  const ask = () => {
    setAsking(true);
    void connection.ask().finally(() => setAsking(false));
  };
  return (
    <main className="waiting">
      <Mark size={40} />
      <h1>{title}</h1>
      <p role="status">{navigator.onLine ? away : here}</p>
      <p className="soft">{text}</p>
      <Button className="button strong" isPending={isAsking} onPress={ask}>
        {again}
      </Button>
    </main>
  );
}
