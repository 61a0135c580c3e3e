import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import type { Exchange, PeerHost, PeerTarget } from "@commonhold/p2p/peer-host.ts";
import { EXCHANGE_TIMEOUT_MS, PROTOCOLS, type ProtocolName } from "@commonhold/wire/protocols.ts";
import type { GrantIssuer } from "./grant-issuer.ts";
import type { TransferMetrics } from "./transfer-metrics.ts";

export interface NodeTransfersDeps {
  readonly host: PeerHost;
  readonly grants: GrantIssuer;
  /** Where a node can be reached now; undefined for one that is not known. */
  readonly target: (nodeId: NodeId) => PeerTarget | undefined;
  /** Who runs a node; undefined for one that is not known. */
  readonly operatorOf: (nodeId: NodeId) => string | undefined;
  readonly clock: Clock;
  readonly metrics: TransferMetrics;
}

interface ExchangeCall<T> {
  readonly kind: ProtocolName;
  readonly signal: AbortSignal;
  readonly run: (exchange: Exchange) => Promise<T>;
}

/** One exchange with a node, counted and timed. @throws AppError NODE_NOT_FOUND, else as the host and `run` */
export function exchangeWith<T>(deps: NodeTransfersDeps, nodeId: NodeId, call: ExchangeCall<T>): Promise<T> {
  const { kind, signal, run } = call;
  return deps.metrics.measure(kind, () =>
    deps.host.exchange(targetOf(deps, nodeId), PROTOCOLS[kind], run, { signal, timeoutMs: EXCHANGE_TIMEOUT_MS[kind] }),
  );
}

/** @throws AppError NODE_NOT_FOUND */
export function targetOf(deps: Pick<NodeTransfersDeps, "target">, nodeId: NodeId): PeerTarget {
  const target = deps.target(nodeId);
  if (target === undefined) throw new AppError("NODE_NOT_FOUND", `node ${nodeId} is not a member`);
  return target;
}
