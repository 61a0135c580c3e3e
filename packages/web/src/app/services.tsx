import { QueryClient, useQuery } from "@tanstack/react-query";
import { createContext, useContext, useSyncExternalStore } from "react";
import type { Api } from "../api/api.ts";
import { createSession, type Session, type SessionState } from "../session/session.ts";
import { createKeptUploads } from "../uploads/kept-uploads.ts";
import type { UploadItem } from "../uploads/upload-item.ts";
import { UploadQueue } from "../uploads/upload-queue.ts";
import { ToastQueue } from "../ui/toast-queue.ts";

/** What lives as long as the page, and every room may use. */
export interface Services {
  readonly session: Session;
  readonly api: Api;
  readonly queries: QueryClient;
  readonly uploads: UploadQueue;
  readonly toasts: ToastQueue;
}

const FRESH_MS = 5000;

export function createServices(): Services {
  const session = createSession();
  const queries = new QueryClient({
    defaultOptions: {
      // The transport tries again by itself, and knows when that is of use.
      queries: { retry: false, staleTime: FRESH_MS, networkMode: "always" },
      mutations: { retry: false, networkMode: "always" },
    },
  });
  const uploads = new UploadQueue({
    transport: session.transport,
    kept: createKeptUploads(),
    userId: session.userId,
    onStored: () => void queries.invalidateQueries({ queryKey: ["files"] }),
  });
  session.subscribe(() => {
    if (session.state() === "signed-in") void uploads.recall();
    if (session.state() === "signed-out") {
      uploads.forget();
      queries.clear();
    }
  });
  return { session, api: session.api, queries, uploads, toasts: new ToastQueue() };
}

export const ServicesContext = createContext<Services | undefined>(undefined);

export function useServices(): Services {
  const services = useContext(ServicesContext);
  if (services === undefined) throw new Error("this is outside of the app");
  return services;
}

export function useSessionState(): SessionState {
  const { session } = useServices();
  return useSyncExternalStore(session.subscribe, session.state);
}

export function useUploads(): readonly UploadItem[] {
  const { uploads } = useServices();
  return useSyncExternalStore(uploads.subscribe, uploads.items);
}

/** The signed-in person. */
export function useMe() {
  const { api } = useServices();
  return useQuery({ queryKey: ["me"], queryFn: ({ signal }) => api("GET /api/v1/auth/me", { signal }) });
}
