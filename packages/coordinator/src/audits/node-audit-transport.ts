import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import type { Exchange, PeerHost, PeerTarget } from "@commonhold/p2p/peer-host.ts";
import { challengeNameOf } from "@commonhold/wire/challenge-name.ts";
import { requestProofChallenge } from "@commonhold/wire/exchanges/proof-challenge.ts";
import { EXCHANGE_TIMEOUT_MS, PROTOCOLS } from "@commonhold/wire/protocols.ts";
import type { GrantIssuer } from "../transfers/grant-issuer.ts";
import type { AuditReply, AuditTransport, TimedQuestion } from "./audit-transport.ts";

export interface NodeAuditTransportDeps {
  readonly host: Pick<PeerHost, "exchange">;
  readonly grants: GrantIssuer;
  /** Where a node can be reached now; undefined for one that is not a member. */
  readonly target: (nodeId: NodeId) => PeerTarget | undefined;
  readonly clock: Clock;
}

/**
 * Puts questions to real nodes.
 * @param options.timeoutMs for the whole exchange; an answer that comes within it is late, after it there is silence
 */
export function createNodeAuditTransport(
  deps: NodeAuditTransportDeps,
  options: { readonly timeoutMs: number } = { timeoutMs: EXCHANGE_TIMEOUT_MS.proofChallenge },
): AuditTransport {
  const { clock } = deps;
  return {
    ask: async (question, signal) => {
      const target = deps.target(question.nodeId);
      if (target === undefined) return { kind: "ended", detail: "the node is not a member any more" };
      let deliveredAtMs: number | undefined;
      const onDelivered = (): void => {
        deliveredAtMs = clock.monotonicMs();
      };
      try {
        const asking = { question, target, onDelivered, ...options };
        const answer = await exchange(deps, asking, signal);
        return { kind: "answered", answer, durationMs: clock.monotonicMs() - (deliveredAtMs ?? clock.monotonicMs()) };
      } catch (error) {
        if (signal.aborted) return { kind: "ended", detail: "the coordinator stopped before the answer came" };
        return replyOf(error, deliveredAtMs !== undefined);
      }
    },
  };
}

interface Asking {
  readonly question: TimedQuestion;
  readonly target: PeerTarget;
  readonly onDelivered: () => void;
  readonly timeoutMs: number;
}

function exchange({ host, grants }: NodeAuditTransportDeps, asking: Asking, signal: AbortSignal) {
  const { target, onDelivered, timeoutMs } = asking;
  const { nodeId, ...challenge } = asking.question;
  const run = ({ stream }: Exchange) => {
    const grant = grants.issue({ action: "challenge", nodeId, name: challengeNameOf(challenge.chunkNames) });
    return requestProofChallenge(stream, { ...challenge, grant, onDelivered });
  };
  return host.exchange(target, PROTOCOLS.proofChallenge, run, { signal, timeoutMs });
}

/** What befell an exchange after the node may have seen the question can never be put down to chance by the node. */
function replyOf(error: unknown, isDelivered: boolean): AuditReply {
  const detail = error instanceof AppError ? `${error.code}: ${error.message}` : String(error);
  if (hasCode(error, "NODE_UNREACHABLE", "TIMEOUT")) return { kind: isDelivered ? "silent" : "offline", detail };
  // Here it is this host that has no room, or stops.
  if (!isDelivered && hasCode(error, "OVERLOADED", "SHUTTING_DOWN")) return { kind: "ended", detail };
  if (!isDelivered) return { kind: "refused", detail };
  const isBroken = !(error instanceof AppError) || hasCode(error, "PROTOCOL_ERROR", "STORAGE_FAILURE", "INTERNAL");
  return { kind: isBroken ? "error" : "refused", detail };
}
