import { createContext, useContext, useSyncExternalStore } from "react";
import type { Api } from "../api/api.ts";
import { type PageUpdate, watchPageUpdates } from "../offline/page-update.ts";
import { createSession, type Session, type SessionState } from "../session/session.ts";
import { type Connection, openConnection } from "./connection.ts";

/** What is there before anybody is signed in. */
export interface Access {
  readonly session: Session;
  readonly api: Api;
  readonly connection: Connection;
  readonly update: PageUpdate;
}

/** @param buildId which build of the app this page is */
export function createAccess(buildId: string): Access {
  const session = createSession();
  const connection = openConnection(async () => {
    if (session.state() !== "unreachable") return undefined;
    await session.start();
    return session.state() !== "unreachable";
  });
  session.subscribe(() => {
    if (session.state() === "unreachable") connection.lost();
  });
  return { session, api: session.api, connection, update: watchPageUpdates(buildId) };
}

export const AccessContext = createContext<Access | undefined>(undefined);

export function useAccess(): Access {
  const access = useContext(AccessContext);
  if (access === undefined) throw new Error("this is outside of the app");
  return access;
}

export function useSessionState(): SessionState {
  const { session } = useAccess();
  return useSyncExternalStore(session.subscribe, session.state);
}

export function useIsAway(): boolean {
  const { connection } = useAccess();
  return useSyncExternalStore(connection.subscribe, connection.isAway);
}
