import { hasCode } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { PeerHost } from "@commonhold/p2p/peer-host.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import { PROTOCOLS, type ProtocolName } from "@commonhold/wire/protocols.ts";
import type { NodeMetrics } from "../metrics/node-metrics.ts";
import { EXCHANGE_LIMITS } from "./exchange-limits.ts";
import { ExchangeOutcome } from "./exchange-outcome.ts";
import { type ChunkExchangeDeps, chunkExchanges, type ServeExchange } from "./serve-chunk-exchanges.ts";

export interface RegisterExchangesDeps extends ChunkExchangeDeps {
  readonly host: Pick<PeerHost, "handle">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Pick<NodeMetrics, "onExchange">;
}

/** Makes the host answer every protocol of a storage node. */
export async function registerExchanges(deps: RegisterExchangesDeps): Promise<void> {
  for (const [protocol, serve] of Object.entries(chunkExchanges(deps)) as [ProtocolName, ServeExchange][]) {
    await deps.host.handle(PROTOCOLS[protocol], observed(deps, protocol, serve), EXCHANGE_LIMITS[protocol]);
  }
}

function observed(
  { clock, logger, metrics }: RegisterExchangesDeps,
  protocol: ProtocolName,
  serve: ServeExchange,
): Parameters<PeerHost["handle"]>[1] {
  return async (exchange) => {
    const startedMs = clock.monotonicMs();
    const outcome = new ExchangeOutcome();
    try {
      await outcome.note(() => serve(exchange, outcome));
    } finally {
      const durationMs = clock.monotonicMs() - startedMs;
      metrics.onExchange(protocol, outcome.code, durationMs);
      logOutcome(logger, outcome, { protocol, peer: exchange.remotePeerId, outcome: outcome.code, durationMs });
    }
  };
}

function logOutcome(logger: Logger, { error }: ExchangeOutcome, fields: Readonly<Record<string, unknown>>): void {
  if (error === undefined) logger.debug(fields, "served an exchange");
  else if (hasCode(error, "INVALID_GRANT")) logger.warn({ ...fields, err: error }, "refused a peer without a grant");
  else if (hasCode(error, "STORAGE_FAILURE", "CHUNK_CORRUPT"))
    logger.error({ ...fields, err: error }, "could not serve");
  else logger.debug({ ...fields, err: error }, "refused an exchange");
}
