import { allPages } from "../api/all-pages.ts";
import type { Answer } from "../api/api.ts";
import { useLive } from "../api/use-live.ts";
import { useServices } from "../app/services.tsx";

export type NodeObject = Answer<"GET /api/v1/nodes/{id}">;

/** All nodes of the network. */
export function useNodes() {
  const { api } = useServices();
  return useLive(["nodes"], (signal) =>
    allPages((cursor) =>
      api("GET /api/v1/nodes", { query: { limit: 500, ...(cursor === undefined ? {} : { cursor }) }, signal }),
    ),
  );
}
