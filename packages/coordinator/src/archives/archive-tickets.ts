import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { ArchiveRequest } from "./archive-plan.ts";

const TICKET_BYTES = 24;
/** Of a person; the oldest gives way. */
const TICKETS_PER_OWNER_MAX = 20;
const TICKETS_MAX = 2_000;
/** Of files and folders in all of them: about 60 bytes each. */
export const IDS_KEPT_MAX = 400_000;

/** What an address leads to for a while, kept in memory: after a restart another is asked for. */
export interface ArchiveTickets {
  issue(request: ArchiveRequest): { readonly ticket: string; readonly expiresAtMs: number };
  /** @throws AppError UNAUTHENTICATED where it is none, or no longer */
  open(ticket: string): ArchiveRequest;
}

export function createArchiveTickets(
  deps: { readonly clock: Clock; readonly random: Random },
  options: { readonly ttlS: number },
): ArchiveTickets {
  const { clock, random } = deps;
  /** Oldest first. */
  const issued = new Map<string, { readonly request: ArchiveRequest; readonly expiresAtMs: number }>();
  let idsKept = 0;

  const forget = (ticket: string): void => {
    idsKept -= idCountOf(issued.get(ticket)!.request);
    issued.delete(ticket);
  };
  const makeRoomFor = (request: ArchiveRequest): void => {
    const nowMs = clock.nowMs();
    for (const [ticket, { expiresAtMs }] of issued) if (expiresAtMs <= nowMs) forget(ticket);
    const own = [...issued].filter(([, other]) => other.request.ownerId === request.ownerId);
    if (own.length >= TICKETS_PER_OWNER_MAX) forget(own[0]![0]);
    for (const ticket of issued.keys()) {
      if (issued.size < TICKETS_MAX && idsKept + idCountOf(request) <= IDS_KEPT_MAX) return;
      forget(ticket);
    }
  };

  return {
    issue: (request) => {
      makeRoomFor(request);
      idsKept += idCountOf(request);
      const ticket = Buffer.from(random.bytes(TICKET_BYTES)).toString("base64url");
      const expiresAtMs = clock.nowMs() + options.ttlS * 1000;
      issued.set(ticket, { request, expiresAtMs });
      return { ticket, expiresAtMs };
    },
    open: (ticket) => {
      const found = issued.get(ticket);
      if (found !== undefined && found.expiresAtMs > clock.nowMs()) return found.request;
      throw new AppError("UNAUTHENTICATED", "this address is not, or no longer, one of an archive: ask for another");
    },
  };
}

function idCountOf({ fileIds, folderIds }: ArchiveRequest): number {
  return fileIds.length + folderIds.length;
}
