import { AppError } from "@commonhold/core/app-error.ts";

/**
 * The address of a coordinator without its last slash.
 * @throws AppError INVALID_REQUEST when it is no http or https address
 */
export function normaliseBaseUrl(address: string): string {
  const url = URL.parse(address.trim());
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new AppError(
      "INVALID_REQUEST",
      `"${address}" is no coordinator's address: write it like http://localhost:8080`,
    );
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new AppError(
      "INVALID_REQUEST",
      `the coordinator's address may not carry a user, a password, a query or a fragment: use ${url.origin}`,
    );
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}
