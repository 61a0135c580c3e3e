import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { type FileId, isUuid, type UserId } from "@commonhold/core/ids.ts";
import { createSignedTickets } from "./signed-tickets.ts";

const KIND = {
  audience: "commonhold-download",
  type: "download-ticket+jwt",
  claims: ["file", "disposition"],
};

export const DISPOSITIONS = ["inline", "attachment"] as const;
export type Disposition = (typeof DISPOSITIONS)[number];

/** What a ticket allows: reading one file of one person. */
export interface TicketTerms {
  readonly fileId: FileId;
  readonly userId: UserId;
  readonly disposition: Disposition;
}

export interface DownloadTickets {
  issue(terms: TicketTerms): Promise<{ readonly ticket: string; readonly expiresAtMs: number }>;
  /** @throws AppError UNAUTHENTICATED for what is no ticket of this coordinator, TOKEN_EXPIRED */
  verify(ticket: string): Promise<TicketTerms>;
}

export async function createDownloadTickets(
  deps: { readonly key: Uint8Array; readonly clock: Clock },
  options: { readonly ttlS: number },
): Promise<DownloadTickets> {
  const tickets = await createSignedTickets(deps, KIND);
  return {
    issue: async ({ fileId, userId, disposition }) => {
      const exp = Math.floor(deps.clock.nowMs() / 1000) + options.ttlS;
      const ticket = await tickets.sign({ sub: userId, file: fileId, disposition, exp });
      return { ticket, expiresAtMs: exp * 1000 };
    },
    verify: async (ticket) => readTerms(await tickets.verify(ticket)),
  };
}

function readTerms({ sub, file, disposition }: Readonly<Record<string, unknown>>): TicketTerms {
  const known = dispositionFrom(disposition);
  if (typeof sub !== "string" || typeof file !== "string" || !isUuid(sub) || !isUuid(file) || known === undefined) {
    throw new AppError("UNAUTHENTICATED", "the ticket names no file of anybody");
  }
  return { fileId: file as FileId, userId: sub as UserId, disposition: known };
}

/** What a ticket says, where it is one of those. */
export function dispositionFrom(claim: unknown): Disposition | undefined {
  return DISPOSITIONS.find((each) => each === claim);
}
