import type { AppError } from "@commonhold/core/app-error.ts";

export type UploadState =
  | "waiting"
  | "sending"
  | "paused"
  /** Of an earlier page: it goes on once the file is there again. */
  | "interrupted"
  | "done"
  | "failed";

/** An upload as the tray shows it. */
export interface UploadItem {
  readonly id: string;
  /** With the folders that it came in. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly state: UploadState;
  readonly doneBytes: number;
  /** Bytes per second. */
  readonly rate?: number;
  /** Why it failed, or why it does not move just now. */
  readonly error?: AppError;
  /** Of what is done: more than 1 where a file of that name was there. */
  readonly version?: number;
  /** Whether the browser may find the file again by itself. */
  readonly canContinueAlone: boolean;
}

/** All uploads together. */
export interface UploadTotals {
  readonly count: number;
  readonly inState: Readonly<Record<UploadState, number>>;
  /** Files that became a newer version of one that was there. */
  readonly newVersions: number;
  /** From 0 to 1, by bytes. */
  readonly shareDone: number;
  /** Of what moves. */
  readonly leftBytes: number;
}

const MOVING: ReadonlySet<UploadState> = new Set(["waiting", "sending"]);

/** Whether something of it would be lost if the page were closed now, or is still to be done. */
export function isMoving(item: UploadItem): boolean {
  return MOVING.has(item.state);
}

/** In one pass: there may be ten thousand. */
export function totalsOf(items: readonly UploadItem[]): UploadTotals {
  const inState = { waiting: 0, sending: 0, paused: 0, interrupted: 0, done: 0, failed: 0 };
  let [totalBytes, doneBytes, leftBytes, newVersions] = [0, 0, 0, 0];
  for (const item of items) {
    inState[item.state] += 1;
    totalBytes += item.sizeBytes;
    doneBytes += item.doneBytes;
    if ((item.version ?? 1) > 1) newVersions += 1;
    if (isMoving(item)) leftBytes += item.sizeBytes - item.doneBytes;
  }
  return {
    count: items.length,
    inState,
    newVersions,
    shareDone: totalBytes === 0 ? 1 : doneBytes / totalBytes,
    leftBytes,
  };
}

/** What a person looks for first comes first. */
const ORDER: readonly UploadState[] = ["failed", "interrupted", "sending", "paused", "waiting", "done"];

/** The first so many of them, in the order in which they matter. */
export function firstItems(items: readonly UploadItem[], count: number): readonly UploadItem[] {
  const first: UploadItem[] = [];
  for (const state of ORDER) {
    for (const item of items) {
      if (first.length === count) return first;
      if (item.state === state) first.push(item);
    }
  }
  return first;
}
