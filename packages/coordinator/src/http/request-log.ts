import { onAnswered } from "./answered-requests.ts";
import type { Http } from "./http-server.ts";
import { shownPath } from "./logged-path.ts";
import { principalOf } from "./principal.ts";

/** Asked every few seconds by machines: shown at debug only. */
const PROBES = new Set(["/health", "/ready", "/metrics"]);

/**
 * One line for each answered request. No body, no header and no query is logged: they may carry secrets. Of the path
 * only what is the API's own and ids: people write names of files into it.
 */
export function registerRequestLog(app: Http): void {
  const templates = new Set<string>();
  app.addHook("onRoute", ({ url }) => void templates.add(url));
  onAnswered(app, (request, { status, elapsedMs, cut }) => {
    const route = request.routeOptions.url;
    const path = shownPath(pathOf(request.raw.url), route === undefined ? templates : [route]);
    const line = {
      method: request.method,
      path,
      route: route ?? null,
      status,
      duration_ms: Math.round(elapsedMs * 10) / 10,
      remote_address: request.ip,
      ...callerOf(principalOf(request)),
      ...(cut ? { cut } : {}),
    };
    if (PROBES.has(path)) request.log.debug(line, "Answered");
    else request.log.info(line, "Answered");
  });
}

/** The path of a request's target, without its query. */
export function pathOf(url: string | undefined): string {
  return (url ?? "").split(/[?#;]/, 1)[0] ?? "";
}

function callerOf(principal: ReturnType<typeof principalOf>): object {
  if (principal === undefined) return {};
  return principal.kind === "user" ? { user_id: principal.userId } : { node_id: principal.nodeId };
}
