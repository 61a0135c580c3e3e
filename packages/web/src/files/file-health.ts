import type { Answer } from "../api/api.ts";
import type { Health } from "../texts/health-texts.ts";

export type FileObject = Answer<"GET /api/v1/files/{id}">;

const HEALTH: Readonly<Record<NonNullable<FileObject["health"]>["state"], Health>> = {
  whole: "whole",
  degraded: "repairing",
  critical: "risk",
  unreadable: "lost",
};

/** In the words that are the same everywhere; undefined where it was not asked for. */
export function healthOf(file: FileObject): Health | undefined {
  return file.health === undefined ? undefined : HEALTH[file.health.state];
}
