import { count, list, mapOf, nullable, object, optional, type Read, text } from "./answer.ts";
import { withSignal } from "./http-attempt.ts";
import type { HttpTransport } from "./http-transport.ts";
import { listPages } from "./list-pages.ts";

const NODES_PER_PAGE = 200;

/** A storage node as the coordinator sees it. */
export const nodeObject = object({
  id: text,
  name: text,
  /** joining, active, suspect, offline, draining, drained or banned. */
  status: text,
  addresses: list(text),
  labels: mapOf(text),
  capacity_bytes: count,
  used_bytes: count,
  free_bytes: count,
  chunk_count: count,
  last_heartbeat_at: nullable(text),
  joined_at: text,
  operator_id: text,
  version: text,
});

const joinToken = object({ join_token: text, expires_at: text, uses: count, command: optional(text) });

export type NodeObject = Read<typeof nodeObject>;
export type JoinToken = Read<typeof joinToken>;

export interface JoinTokenTerms {
  /** How many nodes may join with it. */
  readonly uses?: number;
  readonly expiresInS?: number;
}

export interface Nodes {
  list(signal?: AbortSignal): AsyncIterable<NodeObject>;
  /** @throws AppError NODE_NOT_FOUND */
  get(nodeId: string, signal?: AbortSignal): Promise<NodeObject>;
  /** For every user: whoever lends a disk makes one for it. @throws AppError UNAUTHENTICATED */
  createJoinToken(terms?: JoinTokenTerms, signal?: AbortSignal): Promise<JoinToken>;
}

export function createNodes(deps: { readonly transport: HttpTransport }): Nodes {
  const { transport } = deps;
  const path = "/api/v1/nodes";
  return {
    list: (signal) =>
      listPages(
        transport,
        { method: "GET", path, query: { limit: NODES_PER_PAGE }, ...withSignal(signal) },
        nodeObject,
      ),
    get: (nodeId, signal) =>
      transport.call(
        { method: "GET", path: `${path}/${encodeURIComponent(nodeId)}`, ...withSignal(signal) },
        nodeObject,
      ),
    createJoinToken: (terms = {}, signal) =>
      transport.call(
        {
          method: "POST",
          path: `${path}/join-tokens`,
          body: { uses: terms.uses, expires_in_s: terms.expiresInS },
          ...withSignal(signal),
        },
        joinToken,
      ),
  };
}
