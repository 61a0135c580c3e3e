import { count, flag, mapOf, nullable, object, optional, type Read, type Reader, text } from "./answer.ts";
import { withSignal } from "./http-attempt.ts";
import type { HttpTransport } from "./http-transport.ts";

/** The network at a glance. */
export const networkStatus = object({
  version: text,
  /** Number of nodes by their state. */
  nodes: mapOf(count),
  files: count,
  bytes: count,
  chunks: object({ total: count, fully_replicated: count, under_replicated: count }),
  /** Copies that wait for a node to return. */
  handoffs: object({ pending: count, spool_bytes: count, spool_bytes_max: count }),
  capacity_bytes: count,
  used_bytes: count,
  /** Whether the accounts of credits add up; null before the first check. */
  ledger: optional(
    nullable(object({ checked_at: text, accounts: count, mismatches: count, total_microcredits: text })),
  ),
});

/** Checks differ from version to version. */
const anything: Reader<unknown> = (value) => value;
const readiness = object({ ready: flag, checks: optional(mapOf(anything)) });
const health = object({ status: text, version: text, uptime_s: anything });

export type NetworkStatus = Read<typeof networkStatus>;
export type Readiness = Read<typeof readiness>;
export type Health = Read<typeof health>;

export interface Status {
  network(signal?: AbortSignal): Promise<NetworkStatus>;
  /** One try, without login: whether the coordinator takes requests now, and if not, what is missing. */
  ready(signal?: AbortSignal): Promise<Readiness>;
  /** One try, without login: whether the process is alive. */
  health(signal?: AbortSignal): Promise<Health>;
}

export function createStatus(deps: { readonly transport: HttpTransport }): Status {
  const { transport } = deps;
  const probe = { method: "GET", auth: "none", triesMax: 1, timeoutMs: 5_000 } as const;
  return {
    network: (signal) =>
      transport.call({ method: "GET", path: "/api/v1/status", ...withSignal(signal) }, networkStatus),
    ready: (signal) => transport.call({ ...probe, path: "/ready", accept: [503], ...withSignal(signal) }, readiness),
    health: (signal) => transport.call({ ...probe, path: "/health", ...withSignal(signal) }, health),
  };
}
