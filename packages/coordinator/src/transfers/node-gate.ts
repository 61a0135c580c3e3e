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
  retry,
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
  /** Tries again, with exponential backoff and jitter, where the node could not be reached. */
  runWithRetry<T>(signal: AbortSignal, call: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

export function createNodeGate(nodeId: NodeId, limits: NodeGateLimits, clock: Clock): NodeGate {
  const slots = bulkhead(limits.concurrentPerNodeMax, limits.queuedPerNodeMax);
  const breaker = circuitBreaker(handleWhen(isNodeFault), {
    breaker: new ConsecutiveBreaker(BREAKER_FAILURES),
    halfOpenAfter: limits.restMs,
  });
  const again = retry(
    handleWhen((error) => hasCode(error, "NODE_UNREACHABLE")),
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
  const guardedWithRetry = wrap(again, breaker, slots);

  const execute = async <T>(
    policy: Pick<typeof guarded, "execute">,
    signal: AbortSignal,
    call: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    signal.throwIfAborted();
    try {
      return await policy.execute(() => {
        signal.throwIfAborted();
        return call(signal);
      }, signal);
    } catch (error) {
      throw asAppError(nodeId, error);
    }
  };

  return {
    isOpenForCalls: () => breaker.state !== CircuitState.Open || clock.monotonicMs() >= restsUntilMs,
    load: () => limits.concurrentPerNodeMax - slots.executionSlots + limits.queuedPerNodeMax - slots.queueSlots,
    run: (signal, call) => execute(guarded, signal, call),
    runWithRetry: (signal, call) => execute(guardedWithRetry, signal, call),
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
