import { createHash } from "node:crypto";
import { readFile, rename, rm, stat } from "node:fs/promises";
import { uptime } from "node:os";
import { dirname, join } from "node:path";
import { type OpenFileSink, openFileSink } from "@commonhold/client/node/file-sink.ts";
import { storageError } from "@commonhold/client/node/storage-error.ts";
import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { syncFolder, writeFileDurably } from "@commonhold/runtime/atomic-file.ts";
import { openDataFolder } from "@commonhold/runtime/data-folder.ts";

interface PartRecord {
  readonly coordinator: string;
  readonly file_id: string;
  readonly etag: string;
  /** So many bytes of the part would survive a power cut. */
  readonly synced_bytes: number;
}

export interface PartialDownload {
  readonly sink: OpenFileSink;
  /** What an earlier download of the same file left, where it can be trusted. */
  readonly resume?: { readonly offset: number; readonly etag: string };
  /** Notes which version of the file is being written. */
  noteEtag(etag: string | undefined): Promise<void>;
  /** Puts the finished file in its place. */
  finish(): Promise<void>;
  /** Keeps what is there for the next time. */
  pause(): Promise<void>;
}

export interface PartialDownloadOptions {
  /** The user's state folder. */
  readonly folder: string;
  readonly target: string;
  readonly coordinator: string;
  readonly fileId: string;
}

/**
 * A download into `TARGET.part`, with a note in the state folder of what it is a part of. One process at a time may
 * write to one target.
 * @throws AppError ALREADY_RUNNING when another process is downloading to the same target
 */
export async function openPartialDownload(
  deps: { readonly clock: Clock },
  options: PartialDownloadOptions,
): Promise<PartialDownload> {
  const { target, coordinator, fileId } = options;
  const part = `${target}.part`;
  const key = createHash("sha256").update(target).digest("hex").slice(0, 32);
  const folder = join(options.folder, "downloads", key);
  const recordFile = join(folder, "part.json");
  const held = await openDataFolder(folder).catch((error: unknown) => {
    if (!hasCode(error, "ALREADY_RUNNING")) throw error;
    throw new AppError(
      "ALREADY_RUNNING",
      `another process is saving to ${target}: wait for it, or choose another name`,
    );
  });
  const writeRecord = (etag: string, synced: number) =>
    writeFileDurably(recordFile, JSON.stringify({ coordinator, file_id: fileId, etag, synced_bytes: synced }), 0o600);
  let etag: string | undefined;
  try {
    const offset = await trustedBytes(part, deps.clock, await readRecord(recordFile, options));
    const sink = await openFileSink(part);
    if (sink.sizeBytes !== offset.bytes) await sink.truncate(offset.bytes);
    etag = offset.etag;
    return {
      sink,
      ...(etag === undefined ? {} : { resume: { offset: offset.bytes, etag } }),
      async noteEtag(next) {
        if (next !== etag) await (next === undefined ? rm(recordFile, { force: true }) : writeRecord(next, 0));
        etag = next;
      },
      async finish() {
        await sink.finish();
        await rename(part, target).catch((error: unknown) => {
          throw storageError(`saving ${target}`, error);
        });
        await syncFolder(dirname(target));
        await rm(folder, { recursive: true, force: true });
        await held.release();
      },
      async pause() {
        await sink.finish();
        const { size } = await stat(part);
        if (etag !== undefined) await writeRecord(etag, size);
        await held.release();
      },
    };
  } catch (error) {
    await held.release();
    throw error;
  }
}

async function readRecord(path: string, options: PartialDownloadOptions): Promise<PartRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(path, "utf8")) as Partial<PartRecord>;
    const { coordinator, file_id, etag, synced_bytes } = record;
    if (coordinator !== options.coordinator || file_id !== options.fileId) return undefined;
    if (typeof etag !== "string" || etag === "") return undefined;
    if (typeof synced_bytes !== "number" || !Number.isSafeInteger(synced_bytes) || synced_bytes < 0) return undefined;
    return { coordinator, file_id, etag, synced_bytes };
  } catch {
    // Missing or unreadable, the download begins anew: nothing is lost but time.
    return undefined;
  }
}

/** After a restart of the machine only what was synced may be trusted: the rest may be zeros. */
async function trustedBytes(
  part: string,
  clock: Clock,
  record: PartRecord | undefined,
): Promise<{ readonly bytes: number; readonly etag?: string }> {
  const info = await stat(part).catch(() => undefined);
  if (info === undefined || record === undefined) return { bytes: 0 };
  const writtenSinceBoot = info.mtimeMs > clock.nowMs() - uptime() * 1000;
  const bytes = writtenSinceBoot ? info.size : Math.min(info.size, record.synced_bytes);
  return { bytes, etag: record.etag };
}
