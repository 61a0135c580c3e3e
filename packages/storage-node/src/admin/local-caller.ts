import { AppError } from "@commonhold/core/app-error.ts";

const LOCAL_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

/**
 * Lets in only what a program on this machine sends. A web page anywhere can make a browser here send requests to
 * 127.0.0.1: by a name that resolves there (DNS rebinding) its Host is that name; across origins the browser adds an
 * Origin.
 * @throws AppError FORBIDDEN
 */
export function assertLocalCaller(headers: { readonly host?: string | undefined; readonly origin?: unknown }): void {
  if (headers.host === undefined || !LOCAL_HOST.test(headers.host)) {
    throw new AppError("FORBIDDEN", `The admin API answers to localhost and 127.0.0.1, not to "${headers.host ?? ""}"`);
  }
  if (headers.origin !== undefined) {
    throw new AppError("FORBIDDEN", "The admin API answers to no web page; call it from a program on this machine");
  }
}
