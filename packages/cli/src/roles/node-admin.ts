import {
  count,
  flag,
  list,
  nullable,
  object,
  optional,
  page,
  type Read,
  type Reader,
  text,
} from "@commonhold/client/answer.ts";
import { createMemoryCredentialStore } from "@commonhold/client/credentials.ts";
import type { HttpRequest } from "@commonhold/client/http-attempt.ts";
import { createHttpTransport } from "@commonhold/client/http-transport.ts";
import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { systemRandom } from "@commonhold/runtime/system-random.ts";

const CHUNKS_PER_PAGE = 1_000;

const anything: Reader<unknown> = (value) => value;

const nodeStatus = object({
  node_id: text,
  name: text,
  version: text,
  uptime_s: anything as Reader<number>,
  coordinator: object({
    url: text,
    last_heartbeat_at: nullable(text),
    last_error: nullable(object({ at: text, code: text, message: text })),
  }),
  /** The coordinator's view; null before its first answer. */
  status: nullable(text),
  draining: flag,
  /** What others do not hold in its place yet; null where that is not known. */
  drain: optional(
    nullable(
      object({
        chunks_left: count,
        bytes_left: count,
        waiting: optional(list(object({ reason: text, chunks: count }))),
      }),
    ),
  ),
  safe_to_stop: flag,
  credits: nullable(object({ earned: text, pending: text, paid: text })),
  storage: object({
    capacity_bytes: count,
    used_bytes: count,
    free_bytes: count,
    free_bytes_own: optional(count),
    own_bytes: optional(count),
    wanted_free_bytes: optional(count),
    chunk_count: count,
    damaged_count: optional(count),
    unreported_losses: optional(count),
  }),
  /** What becomes of chunks that are too many. */
  eviction: optional(object({ summary: text })),
  scrub: object({
    state: text,
    progress: anything as Reader<number | undefined>,
    checked: count,
    corrupt_count: count,
    missing_count: optional(count),
    unreadable_count: count,
    last_full_at: optional(nullable(text)),
    next_at: optional(nullable(text)),
  }),
});
const scrub = object({ state: text });
const heldChunk = object({
  name: text,
  length: count,
  /** "whole" or "damaged". */
  state: optional(text),
  stored_at: text,
  last_read_at: nullable(text),
});

export type NodeStatus = Read<typeof nodeStatus>;
export type HeldChunk = Read<typeof heldChunk>;

/** The admin API of a node on this machine. */
export interface NodeAdmin {
  status(signal?: AbortSignal): Promise<NodeStatus>;
  setDraining(draining: boolean, signal?: AbortSignal): Promise<NodeStatus>;
  startScrub(signal?: AbortSignal): Promise<Read<typeof scrub>>;
  chunks(
    cursor: string | undefined,
    signal?: AbortSignal,
  ): Promise<{ items: readonly HeldChunk[]; next_cursor: string | null }>;
}

/** @throws AppError NODE_UNREACHABLE, from every call, where nothing answers */
export function openNodeAdmin(url: string): NodeAdmin {
  const credentials = createMemoryCredentialStore();
  const transport = createHttpTransport({ clock: systemClock, random: systemRandom, credentials }, { baseUrl: url });

  async function call<T>(
    request: Pick<HttpRequest, "method" | "path" | "query">,
    reader: Reader<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    try {
      return await transport.call({ ...request, auth: "none", ...(signal === undefined ? {} : { signal }) }, reader);
    } catch (error) {
      if (!hasCode(error, "COORDINATOR_UNREACHABLE", "TIMEOUT")) throw error;
      const message = `no node answers at ${url}: it has stopped, or is busy. Start it with "commonhold node start"`;
      throw new AppError("NODE_UNREACHABLE", message, { cause: error });
    }
  }

  return {
    status: (signal) => call({ method: "GET", path: "/status" }, nodeStatus, signal),
    setDraining: (draining, signal) =>
      call({ method: draining ? "POST" : "DELETE", path: "/drain" }, nodeStatus, signal),
    startScrub: (signal) => call({ method: "POST", path: "/scrub" }, scrub, signal),
    chunks: (cursor, signal) =>
      call({ method: "GET", path: "/chunks", query: { limit: CHUNKS_PER_PAGE, cursor } }, page(heldChunk), signal),
  };
}
