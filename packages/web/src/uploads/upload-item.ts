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
  readonly name: string;
  readonly sizeBytes: number;
  readonly state: UploadState;
  readonly doneBytes: number;
  /** Bytes per second. */
  readonly rate?: number;
  /** Why it failed, or why it does not move just now. */
  readonly error?: AppError;
  readonly fileId?: string;
  /** Whether the browser may find the file again by itself. */
  readonly canContinueAlone: boolean;
}

const MOVING: ReadonlySet<UploadState> = new Set(["waiting", "sending"]);

/** Whether something of it would be lost if the page were closed now, or is still to be done. */
export function isMoving(item: UploadItem): boolean {
  return MOVING.has(item.state);
}

/** Seconds until all of these are there; undefined where nothing moves. */
export function secondsLeft(items: readonly UploadItem[]): number | undefined {
  const moving = items.filter(isMoving);
  const rate = moving.reduce((sum, item) => sum + (item.rate ?? 0), 0);
  const bytes = moving.reduce((sum, item) => sum + item.sizeBytes - item.doneBytes, 0);
  return rate > 0 ? bytes / rate : undefined;
}

/** From 0 to 1, of all that is not given up. */
export function shareDone(items: readonly UploadItem[]): number {
  const total = items.reduce((sum, item) => sum + item.sizeBytes, 0);
  const done = items.reduce((sum, item) => sum + item.doneBytes, 0);
  return total === 0 ? 1 : done / total;
}
