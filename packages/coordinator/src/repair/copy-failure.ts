import { hasCode } from "@commonhold/core/app-error.ts";

/**
 * Whose fault it was that a copy did not come about. wrong_source: its copy is missing or wrong · target: it takes nothing
 * for a while · unknown: one of the two did not answer as it should, and only trying others tells which.
 */
export type CopyFault = "wrong_source" | "target" | "unknown";

export function faultOfCopy(error: unknown): CopyFault {
  if (hasCode(error, "CHUNK_NOT_FOUND", "CHUNK_CORRUPT")) return "wrong_source";
  if (hasCode(error, "NO_SPACE", "NODE_DRAINING", "NODE_NOT_FOUND", "NOT_A_MEMBER")) return "target";
  return "unknown";
}
