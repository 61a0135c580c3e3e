import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import type { FileClient } from "../http/file-client.ts";

const SLOW_BYTES_PER_SECOND = 1_000_000;
/** After a request that was refused or cut. */
const AGAIN_AFTER_MS = 1000;

/** A client that is a burden to others by the way in which it reads. */
export interface TroublesomeReader {
  /** Ends it. @returns what became of it */
  stop(): Promise<string>;
}

interface Reading {
  bytes: number;
  /** Requests that ended before the whole file came, and why. */
  readonly cuts: string[];
}

type ReadAnswer = (answer: IncomingMessage, reading: Reading, signal: AbortSignal) => Promise<void>;

/** Reads a file at 1 MB a second, over and over. */
export function startSlowReader(client: FileClient, fileId: string): TroublesomeReader {
  return startReader("slow reader", { client, fileId }, async (answer, reading, signal) => {
    for await (const piece of answer) {
      const { length } = piece as Buffer;
      reading.bytes += length;
      await wait((length / SLOW_BYTES_PER_SECOND) * 1000, undefined, { signal });
    }
  });
}

/** Asks for a file, reads a little of it and then nothing more; when it is cut, asks again. */
export function startStoppedReader(client: FileClient, fileId: string): TroublesomeReader {
  return startReader("stopped reader", { client, fileId }, async (answer, reading, signal) => {
    const [first] = (await once(answer, "data", { signal })) as [Buffer];
    reading.bytes += first.length;
    answer.pause();
    await once(answer, "close", { signal });
    throw new Error("the connection was closed");
  });
}

function startReader(
  name: string,
  { client, fileId }: { readonly client: FileClient; readonly fileId: string },
  read: ReadAnswer,
): TroublesomeReader {
  const stopping = new AbortController();
  const reading: Reading = { bytes: 0, cuts: [] };
  const repeat = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      let answer: IncomingMessage | undefined;
      try {
        answer = await client.open(fileId);
        await read(answer, reading, stopping.signal);
      } catch (error) {
        if (stopping.signal.aborted) break;
        reading.cuts.push(error instanceof Error ? error.message : String(error));
        await wait(AGAIN_AFTER_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      } finally {
        // What is still on its way belongs to nobody.
        answer?.on("error", () => undefined).destroy();
      }
    }
  };
  const ended = repeat();
  return {
    stop: async () => {
      stopping.abort();
      await ended;
      const cuts = reading.cuts.length === 0 ? "" : `, cut ${reading.cuts.length} times (${reading.cuts[0]})`;
      return `${name}: ${(reading.bytes / 1e6).toFixed(1)} MB read${cuts}`;
    },
  };
}
