import { MutationCache, QueryCache, QueryClient, useQuery } from "@tanstack/react-query";
import { createContext, useContext, useSyncExternalStore } from "react";
import { isConcerned, isOfPerson } from "../live/concerned-queries.ts";
import type { LiveStream } from "../live/live-stream.ts";
import { openLive } from "../live/open-live.ts";
import { Sharing, type SharingState } from "../shares/sharing.ts";
import { createKeptUploads } from "../uploads/kept-uploads.ts";
import type { UploadItem } from "../uploads/upload-item.ts";
import { UploadQueue } from "../uploads/upload-queue.ts";
import { ToastQueue } from "../ui/toast-queue.ts";
import type { Access } from "./access.tsx";

/** What lives as long as the page, and every room may use. */
export interface Services extends Access {
  readonly queries: QueryClient;
  readonly uploads: UploadQueue;
  readonly toasts: ToastQueue;
  readonly live: LiveStream;
  readonly sharing: Sharing;
}

const FRESH_MS = 5000;

export function createServices(access: Access): Services {
  const { session, connection } = access;
  const queries = new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => connection.failed(error),
      onSuccess: () => connection.answered(),
    }),
    mutationCache: new MutationCache({ onError: (error) => connection.failed(error) }),
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
    connection,
    ensureFolder: async (parent_id, path) =>
      (await session.api("POST /api/v1/folders/ensure", { body: { parent_id, path }, idempotent: true })).id,
    onStored: () => {
      for (const key of ["files", "folders", "versions"]) void queries.invalidateQueries({ queryKey: [key] });
    },
  });
  const sharing = new Sharing();
  const toasts = new ToastQueue();
  const live = openLive({ session, queries });
  // What is shown may have changed meanwhile.
  connection.subscribe(() => {
    if (!connection.isAway()) void queries.invalidateQueries({ predicate: (query) => isConcerned(query) });
  });
  const follow = (): void => {
    if (session.state() === "signed-in") void uploads.recall();
    if (session.state() === "signed-out") {
      uploads.forget();
      sharing.forget();
      toasts.clear();
      queries.removeQueries({ predicate: isOfPerson });
      queries.getMutationCache().clear();
    }
  };
  session.subscribe(follow);
  follow();
  return { ...access, queries, uploads, toasts, live, sharing };
}

export const ServicesContext = createContext<Services | undefined>(undefined);

export function useServices(): Services {
  const services = useContext(ServicesContext);
  if (services === undefined) throw new Error("this is outside of the app");
  return services;
}

export function useUploads(): readonly UploadItem[] {
  const { uploads } = useServices();
  return useSyncExternalStore(uploads.subscribe, uploads.items);
}

/** Whether the coordinator tells now what changes. */
export function useIsLive(): boolean {
  const { live } = useServices();
  return useSyncExternalStore(live.subscribe, live.isUp);
}

export function useSharing(): SharingState {
  const { sharing } = useServices();
  return useSyncExternalStore(sharing.subscribe, sharing.state);
}

/** The signed-in person. */
export function useMe() {
  const { api } = useServices();
  return useQuery({ queryKey: ["me"], queryFn: ({ signal }) => api("GET /api/v1/auth/me", { signal }) });
}
