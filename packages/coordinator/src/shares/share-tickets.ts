import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { isUuid } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";
import { type Disposition, dispositionFrom } from "../downloads/download-tickets.ts";
import { createSignedTickets } from "../downloads/signed-tickets.ts";

const KIND = {
  audience: "commonhold-shared-download",
  type: "shared-ticket+jwt",
  claims: ["jti", "disposition"],
};
const TICKET_ID_BYTES = 16;
const TICKET_ID = /^[0-9a-f]{32}$/;

/** What a ticket allows: reading what one link leads to, which is one download however many ranges it takes. */
export interface ShareTicket {
  readonly shareId: string;
  readonly ticketId: string;
  readonly disposition: Disposition;
  readonly expiresAtMs: number;
}

export interface ShareTickets {
  /** @param link.expiresAtMs no ticket outlives its link */
  issue(
    link: { readonly shareId: string; readonly expiresAtMs: number | null },
    disposition: Disposition,
  ): Promise<{ readonly ticket: string; readonly expiresAtMs: number }>;
  /** @throws AppError UNAUTHENTICATED for what is no ticket of a link here, TOKEN_EXPIRED */
  verify(ticket: string): Promise<ShareTicket>;
}

export async function createShareTickets(
  deps: { readonly key: Uint8Array; readonly clock: Clock; readonly random: Random },
  options: { readonly ttlS: number },
): Promise<ShareTickets> {
  const tickets = await createSignedTickets(deps, KIND);
  return {
    issue: async ({ shareId, expiresAtMs }, disposition) => {
      const exp = Math.floor(Math.min(deps.clock.nowMs() + options.ttlS * 1000, expiresAtMs ?? Infinity) / 1000);
      const jti = Buffer.from(deps.random.bytes(TICKET_ID_BYTES)).toString("hex");
      return { ticket: await tickets.sign({ sub: shareId, jti, disposition, exp }), expiresAtMs: exp * 1000 };
    },
    verify: async (ticket) => {
      const { sub: shareId, jti: ticketId = "", exp, disposition: claim } = await tickets.verify(ticket);
      const disposition = dispositionFrom(claim);
      if (!isUuid(shareId) || !TICKET_ID.test(ticketId) || disposition === undefined) {
        throw new AppError("UNAUTHENTICATED", "the ticket names no link");
      }
      return { shareId, ticketId, disposition, expiresAtMs: exp * 1000 };
    },
  };
}
