import { Outlet } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { Button } from "react-aria-components/Button";
import { appTexts } from "../texts/app-texts.ts";
import { Toasts } from "../ui/toasts.tsx";
import { Mark } from "./mark.tsx";
import { Navigation } from "./navigation.tsx";
import { OfflineNote } from "./offline-note.tsx";
import { useServices, useSessionState } from "./services.tsx";

const Welcome = lazy(() => import("../session/welcome-room.tsx").then((room) => ({ default: room.WelcomeRoom })));
const UploadTray = lazy(() => import("../uploads/upload-tray.tsx").then((tray) => ({ default: tray.UploadTray })));
const Keys = lazy(() => import("./keys-dialog.tsx").then((dialog) => ({ default: dialog.KeysDialog })));

/** What is around every room. Whoever is not signed in sees the way in, at whatever address. */
export function Frame() {
  const state = useSessionState();
  if (state === "starting") return <Waiting />;
  if (state === "unreachable") return <Unreachable />;
  if (state === "signed-out") {
    return (
      <Suspense fallback={<Waiting />}>
        <Welcome />
      </Suspense>
    );
  }
  return (
    <div className="frame">
      <a className="skip" href="#content">
        {appTexts.skip}
      </a>
      <Navigation />
      <main id="content" className="content" tabIndex={-1}>
        <OfflineNote />
        <Suspense fallback={null}>
          <Outlet />
        </Suspense>
      </main>
      <Suspense fallback={null}>
        <UploadTray />
        <Keys />
      </Suspense>
      <Toasts />
    </div>
  );
}

function Waiting() {
  return (
    <div className="waiting" aria-busy="true">
      <Mark />
      <span className="hidden">{appTexts.starting}</span>
    </div>
  );
}

function Unreachable() {
  const { session } = useServices();
  const { title, text, again } = appTexts.unreachable;
  return (
    <main className="waiting">
      <Mark />
      <h1>{title}</h1>
      <p>{text}</p>
      <Button className="button strong" onPress={() => void session.start()}>
        {again}
      </Button>
    </main>
  );
}
