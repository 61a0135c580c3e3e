import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@commonhold/core/clock.ts";
import { writeFileDurably } from "@commonhold/runtime/atomic-file.ts";

/** Longer than a coordinator keeps an upload open. */
const KEPT_MS = 30 * 24 * 3600 * 1000;
const RECORDS_MAX = 1_000;

/** What makes an upload the same one when it is started again. */
export interface UploadIdentity {
  readonly coordinator: string;
  readonly accountId: string;
  readonly path: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
}

export interface UploadState {
  /** The session that was begun for this file and not completed. */
  find(identity: UploadIdentity): Promise<string | undefined>;
  keep(identity: UploadIdentity, sessionId: string): Promise<void>;
  forget(identity: UploadIdentity): Promise<void>;
}

/** Sessions of uploads under way, a small file each in the user's state folder. */
export function createUploadState(deps: { readonly clock: Clock }, options: { readonly folder: string }): UploadState {
  const folder = join(options.folder, "uploads");
  const pathOf = (identity: UploadIdentity) => join(folder, `${keyOf(identity)}.json`);
  return {
    async find(identity) {
      try {
        const record = JSON.parse(await readFile(pathOf(identity), "utf8")) as { session_id?: unknown };
        return typeof record.session_id === "string" ? record.session_id : undefined;
      } catch {
        // Missing or unreadable, the upload begins anew: nothing is lost but time.
        return undefined;
      }
    },
    async keep(identity, sessionId) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await removeOld(folder, deps.clock.nowMs() - KEPT_MS);
      const record = { session_id: sessionId, path: identity.path, coordinator: identity.coordinator };
      await writeFileDurably(pathOf(identity), `${JSON.stringify(record)}\n`, 0o600);
    },
    forget: (identity) => rm(pathOf(identity), { force: true }),
  };
}

function keyOf(identity: UploadIdentity): string {
  const { coordinator, accountId, path, name, sizeBytes, modifiedAtMs } = identity;
  const parts = JSON.stringify([coordinator, accountId, path, name, sizeBytes, modifiedAtMs]);
  return createHash("sha256").update(parts).digest("hex").slice(0, 32);
}

/** Records of uploads that were never finished would stay for ever. */
async function removeOld(folder: string, beforeMs: number): Promise<void> {
  const names = await readdir(folder);
  for (const name of names.slice(0, RECORDS_MAX)) {
    const path = join(folder, name);
    const info = await stat(path).catch(() => undefined);
    if (info !== undefined && (info.mtimeMs < beforeMs || names.length > RECORDS_MAX)) await rm(path, { force: true });
  }
}
