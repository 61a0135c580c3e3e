import type { IncomingMessage } from "node:http";
import { AppError } from "@commonhold/core/app-error.ts";
import type { Authentication, AuthenticationHook } from "../http/authentication.ts";
import { type IdentifiedRequest, setPrincipal } from "../http/principal.ts";
import type { Disposition, DownloadTickets } from "./download-tickets.ts";

const dispositions = new WeakMap<IncomingMessage, Disposition>();

/** How the ticket of a request wants the file to be taken; without a ticket it is saved. */
export function dispositionOf(request: IdentifiedRequest): Disposition {
  return dispositions.get(request.raw) ?? "attachment";
}

/**
 * For downloads: a ticket in the address stands for its owner, for its own file and nothing else. Without one the
 * caller signs in as anywhere.
 */
export function acceptTickets(
  tickets: Pick<DownloadTickets, "verify">,
  { requireUser, requireOpenAccount }: Pick<Authentication, "requireUser" | "requireOpenAccount">,
): AuthenticationHook {
  return async (request) => {
    const { pathname, searchParams } = new URL(request.raw.url ?? "/", "http://localhost");
    const ticket = searchParams.get("ticket");
    if (ticket === null || request.raw.headers.authorization !== undefined) return requireUser(request);
    const { fileId, userId, disposition } = await tickets.verify(ticket);
    if (pathname !== `/api/v1/files/${fileId}/download`) {
      throw new AppError("UNAUTHENTICATED", "this ticket is for another file");
    }
    await requireOpenAccount(userId);
    setPrincipal(request, { kind: "user", userId, role: "user" });
    dispositions.set(request.raw, disposition);
  };
}
