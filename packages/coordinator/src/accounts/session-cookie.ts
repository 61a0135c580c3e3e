import type { IncomingHttpHeaders } from "node:http";
import { AppError } from "@commonhold/core/app-error.ts";
import type { FastifyReply, FastifyRequest } from "fastify";

/** A page asks for its refresh token as a cookie, which no script can read, by this header. */
const MODE_HEADER = "x-commonhold-session";
/** Where the cookie is sent to, and nowhere else. */
const COOKIE_PATH = "/api/v1/auth";

export type CookieRequest = Pick<FastifyRequest, "protocol"> & {
  readonly raw: { readonly headers: IncomingHttpHeaders };
};

/**
 * Whether the refresh token of this request goes by cookie. Another site's page can send no such request: it may not
 * set the header, the cookie is SameSite=Strict, and what the browser says of the origin is checked (RFC 6454, Fetch
 * Metadata).
 * @throws AppError FORBIDDEN where the request does not come from a page of this very origin
 */
export function isCookieSession(request: CookieRequest): boolean {
  const { headers } = request.raw;
  if (headers[MODE_HEADER] === undefined) return false;
  if (headers[MODE_HEADER] !== "cookie") {
    throw new AppError("INVALID_REQUEST", 'header X-Commonhold-Session is "cookie", or left out');
  }
  requireOwnOrigin(headers);
  return true;
}

/** What the browser says of the site cannot be forged by a page; older ones say the origin alone, with every POST. */
function requireOwnOrigin(headers: IncomingHttpHeaders): void {
  const { origin, host } = headers;
  const site = headers["sec-fetch-site"];
  const isOwn =
    site === undefined
      ? origin !== undefined && URL.parse(origin)?.host === host?.toLowerCase()
      : site === "same-origin";
  if (isOwn) return;
  throw new AppError("FORBIDDEN", "a session by cookie is for pages of this very origin: send refresh_token instead");
}

/** The refresh token that the browser sent; undefined where it sent none. */
export function sessionCookieOf(request: CookieRequest): string | undefined {
  const { headers } = request.raw;
  const name = cookieName(headers);
  for (const pair of (headers.cookie ?? "").split(";")) {
    const [key = "", value] = pair.trim().split("=", 2);
    if (key === name && value !== undefined && value !== "") return value;
  }
  return undefined;
}

export function setSessionCookie(
  reply: FastifyReply,
  refreshToken: string,
  options: { readonly maxAgeS: number },
): void {
  reply.header("set-cookie", cookieText(reply.request, refreshToken, options.maxAgeS));
}

export function clearSessionCookie(reply: FastifyReply): void {
  reply.header("set-cookie", cookieText(reply.request, "", 0));
}

function cookieText(request: CookieRequest, value: string, maxAgeS: number): string {
  const { headers } = request.raw;
  // A proxy may speak TLS for us; the page knows.
  const isSecure = request.protocol === "https" || headers.origin?.startsWith("https://") === true;
  const secure = isSecure ? "; Secure" : "";
  const name = cookieName(headers);
  return `${name}=${value}; Path=${COOKIE_PATH}; Max-Age=${maxAgeS}; HttpOnly; SameSite=Strict${secure}`;
}

/** Browsers send a cookie to every port of a host: coordinators beside each other on one machine keep theirs apart. */
function cookieName({ host = "" }: IncomingHttpHeaders): string {
  const port = /:(\d{1,5})$/.exec(host)?.[1];
  return port === undefined ? "commonhold_session" : `commonhold_session_${port}`;
}
