import type { ChunkName } from "@commonhold/core/ids.ts";
import { SCRUB_NAMES_MAX, type ScrubFindings } from "./scrub-journal.ts";

/** What was found since: how many chunks were read, the names of those that are not as they should be. */
export interface Found {
  readonly checked?: number;
  readonly checked_bytes?: number;
  readonly corrupt?: readonly ChunkName[];
  readonly missing?: readonly ChunkName[];
  readonly unreadable?: readonly ChunkName[];
  readonly found_count?: number;
}

/** The findings with these added; of names no more than `SCRUB_NAMES_MAX` each. */
export function noteFound(findings: ScrubFindings, found: Found): ScrubFindings {
  return {
    checked: findings.checked + (found.checked ?? 0),
    checked_bytes: findings.checked_bytes + (found.checked_bytes ?? 0),
    corrupt_count: findings.corrupt_count + (found.corrupt?.length ?? 0),
    corrupt: appended(findings.corrupt, found.corrupt),
    missing_count: findings.missing_count + (found.missing?.length ?? 0),
    missing: appended(findings.missing, found.missing),
    unreadable_count: findings.unreadable_count + (found.unreadable?.length ?? 0),
    unreadable: appended(findings.unreadable, found.unreadable),
    found_count: findings.found_count + (found.found_count ?? 0),
  };
}

function appended(names: ChunkName[], more: readonly ChunkName[] = []): ChunkName[] {
  if (more.length === 0 || names.length >= SCRUB_NAMES_MAX) return names;
  return [...names, ...more].slice(0, SCRUB_NAMES_MAX);
}
