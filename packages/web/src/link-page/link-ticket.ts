import { queryOptions } from "@tanstack/react-query";
import type { Api } from "../api/api.ts";

/** They last an hour. */
const TICKET_FRESH_MS = 45 * 60_000;

export interface LinkAccess {
  readonly token: string;
  readonly password?: string;
}

/**
 * An address to read a link's file from. One does for looking and for downloading, as each that is used counts as a
 * download.
 */
export function linkTicket(api: Api, { token, password }: LinkAccess) {
  return queryOptions({
    queryKey: ["link-ticket", token, password ?? ""],
    queryFn: ({ signal }) =>
      api("POST /api/v1/shared/{token}/ticket", {
        params: { token },
        body: { disposition: "inline", ...(password === undefined ? {} : { password }) },
        auth: "none",
        signal,
      }),
    staleTime: TICKET_FRESH_MS,
    gcTime: TICKET_FRESH_MS,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
}
