import { AppError } from "@commonhold/core/app-error.ts";
import type { Random } from "@commonhold/core/random.ts";
import { count, flag, list, object, text } from "./answer.ts";
import { backoffDelayMs, sleep } from "./backoff.ts";
import { withSignal } from "./http-attempt.ts";
import type { HttpTransport } from "./http-transport.ts";

/** A block of an event stream is small; what is longer is none. */
const BLOCK_CHARACTERS_MAX = 64 * 1024;
/** So many missed signs of life, and the connection counts as dead. */
const SILENT_HEARTBEATS_MAX = 3;
const HEARTBEAT_MS = 15_000;

/**
 * hello comes first on each connection: whatever is shown is to be asked for anew, as it may have changed meanwhile. A
 * topic (files, folders, nodes, repair, jobs, credits) says what has changed; without ids, that something has.
 */
export type LiveEvent =
  | { readonly kind: "hello"; readonly topics: readonly string[] }
  | { readonly kind: "changed"; readonly topic: string; readonly ids: readonly string[]; readonly more: boolean };

export interface Events {
  /**
   * What changes, for as long as the signal lets it; connects again by itself, also when the access token ends.
   * @param onLost called when a connection has ended or none could be made: nothing is told until the next hello
   * @throws AppError UNAUTHENTICATED, ACCOUNT_DISABLED and what else time does not mend; the signal's reason
   */
  watch(signal?: AbortSignal, onLost?: () => void): AsyncGenerator<LiveEvent, never, void>;
}

const hello = object({ topics: list(text), heartbeat_ms: count });
const change = object({ ids: list(text), more: flag });

/** Refusals that pass. */
const PASSING: ReadonlySet<string> = new Set([
  "COORDINATOR_UNREACHABLE",
  "INTERNAL",
  "OVERLOADED",
  "SHUTTING_DOWN",
  "TIMEOUT",
  "TOO_MANY_REQUESTS",
]);

export function createEvents({
  transport,
  random,
}: {
  readonly transport: HttpTransport;
  readonly random: Random;
}): Events {
  const open = (signal: AbortSignal | undefined) =>
    transport.open({
      method: "GET",
      path: "/api/v1/events",
      headers: { accept: "text/event-stream" },
      ...withSignal(signal),
    });

  return {
    watch: async function* (signal, onLost) {
      for (let failures = 0; ; failures += 1) {
        if (failures > 0) await sleep(backoffDelayMs(failures, transport.backoff, random), signal);
        try {
          for await (const event of eventsOf(await open(signal))) {
            failures = 0;
            yield event;
          }
        } catch (error) {
          signal?.throwIfAborted();
          // What is no AppError is a connection that broke.
          if (error instanceof AppError && !PASSING.has(error.code)) throw error;
        }
        onLost?.();
      }
    },
  };
}

/** The events of one connection, until it ends or falls silent. */
async function* eventsOf(response: Response): AsyncGenerator<LiveEvent, void, void> {
  if (response.body === null) return;
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  const decoder = new TextDecoder();
  let unread = "";
  let heartbeatMs = HEARTBEAT_MS;
  try {
    for (;;) {
      const piece = await within(reader.read(), SILENT_HEARTBEATS_MAX * heartbeatMs);
      if (piece === undefined || piece.done) return;
      unread += decoder.decode(piece.value, { stream: true });
      const blocks = unread.split("\n\n");
      unread = blocks.pop() ?? "";
      if (unread.length > BLOCK_CHARACTERS_MAX) {
        throw new AppError("PROTOCOL_ERROR", `${response.url} answers with something else than events`);
      }
      for (const block of blocks) {
        const event = readBlock(block);
        if (event?.kind === "hello") heartbeatMs = event.heartbeatMs;
        if (event !== undefined) yield event;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** undefined for a comment. */
function readBlock(block: string) {
  const lines = block.split("\n");
  const name = fieldOf(lines, "event");
  const data = fieldOf(lines, "data");
  if (name === undefined || data === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch (cause) {
    throw new AppError("PROTOCOL_ERROR", `the data of the event ${name} are no JSON`, { cause });
  }
  if (name === "hello") {
    const { topics, heartbeat_ms: heartbeatMs } = hello(value, name);
    return { kind: name, topics, heartbeatMs } as const;
  }
  const { ids, more } = change(value, name);
  return { kind: "changed", topic: name, ids, more } as const;
}

function fieldOf(lines: readonly string[], name: string): string | undefined {
  return lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
}

/** undefined where it takes longer. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
