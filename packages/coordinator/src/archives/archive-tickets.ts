import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { UserId } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { ArchiveRequest } from "./archive-plan.ts";

const TICKET_BYTES = 24;
/** Of a person; the oldest gives way. */
const TICKETS_PER_OWNER_MAX = 20;
const TICKETS_MAX = 2_000;

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

  const makeRoom = (ownerId: UserId): void => {
    const nowMs = clock.nowMs();
    for (const [ticket, { expiresAtMs }] of issued) if (expiresAtMs <= nowMs) issued.delete(ticket);
    const own = [...issued].filter(([, { request }]) => request.ownerId === ownerId);
    if (own.length >= TICKETS_PER_OWNER_MAX) issued.delete(own[0]![0]);
    if (issued.size >= TICKETS_MAX) issued.delete(issued.keys().next().value!);
  };

  return {
    issue: (request) => {
      makeRoom(request.ownerId);
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
