import { onAnswered } from "./answered-requests.ts";
import type { Http } from "./http-server.ts";
import { principalOf } from "./principal.ts";

/** Asked every few seconds by machines: shown at debug only. */
const PROBES = new Set(["/health", "/ready", "/metrics"]);

/** One line for each answered request. No body, no header and no query is logged: they may carry secrets. */
export function registerRequestLog(app: Http): void {
  onAnswered(app, (request, { status, elapsedMs, cut }) => {
    const path = pathOf(request.raw.url);
    const line = {
      method: request.method,
      path,
      route: request.routeOptions.url ?? null,
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
