import { AppError } from "@commonhold/core/app-error.ts";
import type { Http } from "./http-server.ts";

const OTHERS: ReadonlySet<unknown> = new Set(["cross-site", "same-site"]);

/**
 * Refuses what a browser sends for a page of another site, or of another port or name of this one (Fetch Metadata; no page
 * can forge it), but the opening of an address. Such a page could read no answer; without this it could still spend its
 * visitors' attempts to sign in, or make accounts in their name.
 */
export function registerCrossSiteCheck(app: Http): void {
  app.addHook("onRequest", ({ raw: { headers, method } }, _reply, done) => {
    if (!OTHERS.has(headers["sec-fetch-site"])) return done();
    const isOpened = headers["sec-fetch-mode"] === "navigate" && (method === "GET" || method === "HEAD");
    if (!isOpened) throw new AppError("FORBIDDEN", "pages of other sites may not call this coordinator");
    done();
  });
}
