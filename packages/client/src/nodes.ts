import { count, list, mapOf, nullable, object, optional, type Read, text } from "./answer.ts";
import { reputationObject } from "./audits.ts";
import { withSignal } from "./http-attempt.ts";
import type { HttpTransport } from "./http-transport.ts";
import { listPages } from "./list-pages.ts";

const NODES_PER_PAGE = 200;
/** All that the node holds is looked through first. */
const REMOVAL_TIMEOUT_MS = 150_000;

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
  /** What audits and uptime say of it; missing where a node is answered after it was changed. */
  reputation: optional(reputationObject),
});

/** A change of how a node stands, or of what audits made of it. */
const nodeEvent = object({ at: text, from: text, to: text, why: text });

const joinToken = object({ join_token: text, expires_at: text, uses: count, command: optional(text) });

export type NodeObject = Read<typeof nodeObject>;
export type NodeEvent = Read<typeof nodeEvent>;
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
  /** What happened to it, newest first; for its operator and admins. @throws AppError NODE_NOT_FOUND, FORBIDDEN */
  events(nodeId: string, signal?: AbortSignal): AsyncIterable<NodeEvent>;
  /**
   * Takes a node that will not return out of the network; for its operator and admins.
   * @param options.force also where it is here, or holds copies that no other node has
   * @throws AppError NODE_NOT_FOUND, FORBIDDEN; NODE_STILL_NEEDED says why it is
   */
  remove(nodeId: string, options?: { readonly force?: boolean }, signal?: AbortSignal): Promise<NodeObject>;
  /** Cuts a node off; for admins. @throws AppError NODE_NOT_FOUND, FORBIDDEN */
  ban(nodeId: string, signal?: AbortSignal): Promise<NodeObject>;
  /** Lets it in again; for admins. @throws AppError NODE_NOT_FOUND, FORBIDDEN */
  unban(nodeId: string, signal?: AbortSignal): Promise<NodeObject>;
  /** For every user: whoever lends a disk makes one for it. @throws AppError UNAUTHENTICATED */
  createJoinToken(terms?: JoinTokenTerms, signal?: AbortSignal): Promise<JoinToken>;
}

export function createNodes(deps: { readonly transport: HttpTransport }): Nodes {
  const { transport } = deps;
  const path = "/api/v1/nodes";
  const pathOf = (nodeId: string) => `${path}/${encodeURIComponent(nodeId)}`;
  return {
    list: (signal) =>
      listPages(
        transport,
        { method: "GET", path, query: { limit: NODES_PER_PAGE }, ...withSignal(signal) },
        nodeObject,
      ),
    get: (nodeId, signal) => transport.call({ method: "GET", path: pathOf(nodeId), ...withSignal(signal) }, nodeObject),
    events: (nodeId, signal) =>
      listPages(
        transport,
        {
          method: "GET",
          path: `${pathOf(nodeId)}/events`,
          query: { limit: NODES_PER_PAGE },
          ...withSignal(signal),
        },
        nodeEvent,
      ),
    remove: (nodeId, { force = false } = {}, signal) =>
      transport.call(
        {
          method: "DELETE",
          path: pathOf(nodeId),
          query: { force: force ? "true" : undefined },
          timeoutMs: REMOVAL_TIMEOUT_MS,
          ...withSignal(signal),
        },
        nodeObject,
      ),
    ban: (nodeId, signal) =>
      transport.call({ method: "POST", path: `${pathOf(nodeId)}/ban`, ...withSignal(signal) }, nodeObject),
    unban: (nodeId, signal) =>
      transport.call({ method: "DELETE", path: `${pathOf(nodeId)}/ban`, ...withSignal(signal) }, nodeObject),
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
