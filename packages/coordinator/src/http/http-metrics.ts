import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { onAnswered } from "./answered-requests.ts";
import type { Http } from "./http-server.ts";

const DURATION_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** Counts requests by route template, never by address: a label must not grow with what people ask for. */
export function registerHttpMetrics(app: Http, registry: Registry): void {
  const registers = [registry];
  const requests = new Counter({
    name: "commonhold_http_requests_total",
    help: "Requests answered, by method, route and status.",
    labelNames: ["method", "route", "status"],
    registers,
  });
  const durations = new Histogram({
    name: "commonhold_http_request_duration_seconds",
    help: "From the last byte of a request's head to the last byte of its answer.",
    labelNames: ["method", "route"],
    buckets: DURATION_BUCKETS_S,
    registers,
  });
  const underWay = new Gauge({
    name: "commonhold_http_requests_under_way",
    help: "Requests that are not answered yet.",
    registers,
  });

  app.addHook("onRequest", (_request, _reply, done) => {
    underWay.inc();
    done();
  });
  onAnswered(app, (request, { status, elapsedMs }) => {
    underWay.dec();
    const route = request.is404 ? "unknown" : (request.routeOptions.url ?? "unknown");
    requests.inc({ method: request.method, route, status: String(status) });
    durations.observe({ method: request.method, route }, elapsedMs / 1000);
  });
}
