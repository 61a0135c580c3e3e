import { AppError } from "@commonhold/core/app-error.ts";

interface LocalCallerHeaders {
  readonly host?: string | undefined;
  readonly origin?: unknown;
  readonly "sec-fetch-site"?: unknown;
}

const LOCAL_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

/**
 * Lets in only what a program on this machine sends. A web page anywhere can make a browser here send requests to
 * 127.0.0.1: by a name that resolves there (DNS rebinding) its Host is that name; across origins the browser adds an
 * Origin or says so in Sec-Fetch-Site; only an address that a person typed is "none".
 * @throws AppError FORBIDDEN
 */
export function assertLocalCaller(headers: LocalCallerHeaders): void {
  if (headers.host === undefined || !LOCAL_HOST.test(headers.host)) {
    throw new AppError("FORBIDDEN", `The admin API answers to localhost and 127.0.0.1, not to "${headers.host ?? ""}"`);
  }
  const site = headers["sec-fetch-site"];
  if (headers.origin !== undefined || (site !== undefined && site !== "none")) {
    throw new AppError("FORBIDDEN", "The admin API answers to no web page; call it from a program on this machine");
  }
}
