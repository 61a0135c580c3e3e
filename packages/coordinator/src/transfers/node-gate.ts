import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import {
  BrokenCircuitError,
  BulkheadRejectedError,
  bulkhead,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
  retry as retryPolicy,
  wrap,
} from "cockatiel";

const TRIES_AGAIN_MAX = 2;
const RETRY_DELAY_MS = { initial: 100, max: 2_000 };
const BREAKER_FAILURES = 5;

export interface NodeGateLimits {
  readonly concurrentPerNodeMax: number;
  readonly queuedPerNodeMax: number;
  /** How long a node rests after several failures in a row, until a call tries it again. */
  readonly restMs: number;
}

/** What one node is asked passes here: a few at a time, few waiting, and not at all while it keeps failing. */
export interface NodeGate {
  isOpenForCalls(): boolean;
  load(): number;
  run<T>(signal: AbortSignal, call: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /**
   * Makes calls of `run` again, with exponential backoff and jitter, where the node could not be reached; not while it
   * rests.
   */
  retry<T>(signal: AbortSignal, run: () => Promise<T>): Promise<T>;
  /** Counts a failure of the node that no call of `run` ends with. */
  blame(error: unknown): void;
}

export function createNodeGate(nodeId: NodeId, limits: NodeGateLimits, clock: Clock): NodeGate {
  const slots = bulkhead(limits.concurrentPerNodeMax, limits.queuedPerNodeMax);
  const breaker = circuitBreaker(handleWhen(isNodeFault), {
    breaker: new ConsecutiveBreaker(BREAKER_FAILURES),
    halfOpenAfter: limits.restMs,
  });
  const again = retryPolicy(
    handleWhen((error) => hasCode(error, "NODE_UNREACHABLE") && !(error.cause instanceof BrokenCircuitError)),
    {
      maxAttempts: TRIES_AGAIN_MAX,
      backoff: new ExponentialBackoff({ initialDelay: RETRY_DELAY_MS.initial, maxDelay: RETRY_DELAY_MS.max }),
    },
  );
  // The breaker itself notices that the rest is over only when it is called.
  let restsUntilMs = 0;
  breaker.onBreak(() => {
    restsUntilMs = clock.monotonicMs() + limits.restMs;
  });
  const guarded = wrap(breaker, slots);

  return {
    isOpenForCalls: () => breaker.state !== CircuitState.Open || clock.monotonicMs() >= restsUntilMs,
    load: () => limits.concurrentPerNodeMax - slots.executionSlots + limits.queuedPerNodeMax - slots.queueSlots,
    run: async (signal, call) => {
      signal.throwIfAborted();
      try {
        return await guarded.execute(() => {
          signal.throwIfAborted();
          return call(signal);
        }, signal);
      } catch (error) {
        throw asAppError(nodeId, error);
      }
    },
    retry: async (signal, run) => {
      signal.throwIfAborted();
      return await again.execute(run, signal);
    },
    blame: (error) => {
      if (isNodeFault(error)) breaker.execute(() => Promise.reject(error)).catch(() => undefined);
    },
  };
}

/** Whether a failure says that the node cannot serve, rather than that this request was refused for a reason. */
function isNodeFault(error: unknown): boolean {
  return hasCode(error, "NODE_UNREACHABLE", "TIMEOUT", "PROTOCOL_ERROR", "STORAGE_FAILURE", "INTERNAL");
}

function asAppError(nodeId: NodeId, error: unknown): unknown {
  if (error instanceof BrokenCircuitError) {
    return new AppError("NODE_UNREACHABLE", `node ${nodeId} failed several times in a row and rests for a moment`, {
      cause: error,
    });
  }
  if (error instanceof BulkheadRejectedError) {
    return new AppError("OVERLOADED", `too many transfers wait for node ${nodeId}`, { cause: error });
  }
  return error;
}
