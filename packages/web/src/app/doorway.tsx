import { useState } from "react";
import { Button } from "react-aria-components/Button";
import { WelcomeRoom } from "../session/welcome-room.tsx";
import { appTexts } from "../texts/app-texts.ts";
import { useAccess, useSessionState } from "./access.tsx";
import { Mark } from "./mark.tsx";
import { PageNotes } from "./page-notes.tsx";

/** What is there before the rooms: the way in, or why there is none. */
export function Doorway() {
  const state = useSessionState();
  if (state === "unreachable") return <Unreachable />;
  if (state !== "signed-out") return <Waiting />;
  return (
    <>
      <PageNotes />
      <WelcomeRoom />
    </>
  );
}

/** The same as what the page shows before its script is here. */
export function Waiting() {
  return (
    <div className="waiting" aria-busy="true">
      <Mark size={40} />
      <span className="hidden">{appTexts.starting}</span>
    </div>
  );
}

/** The app without its coordinator: nothing of a person is kept in the browser, so there is nothing to show. */
function Unreachable() {
  const { connection } = useAccess();
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
