import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { syncFolder, writeFileDurably } from "@commonhold/runtime/atomic-file.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { errnoOf, toStorageError } from "@commonhold/runtime/storage-error.ts";

/** Whether this node is being emptied. Kept in `drain.json`, so that a restart does not end it. */
export class DrainState {
  readonly #file: string;
  readonly #folder: string;
  readonly #clock: Clock;
  #sinceMs: number | undefined;

  private constructor(folder: string, clock: Clock, sinceMs: number | undefined) {
    this.#folder = folder;
    this.#file = drainFile(folder);
    this.#clock = clock;
    this.#sinceMs = sinceMs;
  }

  /** @throws AppError STORAGE_FAILURE */
  static async open(folder: string, clock: Clock): Promise<DrainState> {
    const text = await readIfPresent(drainFile(folder));
    return new DrainState(folder, clock, text === undefined ? undefined : sinceOf(text, clock.nowMs()));
  }

  /** Since when; undefined while the node takes chunks. Milliseconds since 1970. */
  get sinceMs(): number | undefined {
    return this.#sinceMs;
  }

  get isDraining(): boolean {
    return this.#sinceMs !== undefined;
  }

  /** Takes no more chunks from now on. @throws AppError STORAGE_FAILURE; the state is then as before */
  async begin(): Promise<void> {
    if (this.#sinceMs !== undefined) return;
    const sinceMs = this.#clock.nowMs();
    await writeFileDurably(this.#file, `${JSON.stringify({ draining_since: new Date(sinceMs).toISOString() })}\n`);
    this.#sinceMs = sinceMs;
  }

  /** Takes chunks again. @throws AppError STORAGE_FAILURE; the state is then as before */
  async cancel(): Promise<void> {
    if (this.#sinceMs === undefined) return;
    try {
      await rm(this.#file, { force: true });
      await syncFolder(this.#folder);
    } catch (error) {
      throw toStorageError(error, `Could not remove "${this.#file}"`);
    }
    this.#sinceMs = undefined;
  }
}

function drainFile(folder: string): string {
  return join(folder, "drain.json");
}

async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw toStorageError(error, `Could not read "${file}"`);
  }
}

/** The file's presence is what counts: one that cannot be read as a time still means draining. */
function sinceOf(text: string, nowMs: number): number {
  try {
    const state = JSON.parse(text) as { readonly draining_since?: unknown } | null;
    const sinceMs = Date.parse(String(state?.draining_since));
    return Number.isNaN(sinceMs) ? nowMs : sinceMs;
  } catch {
    return nowMs;
  }
}
