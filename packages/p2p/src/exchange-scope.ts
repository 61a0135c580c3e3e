import { AppError } from "@commonhold/core/app-error.ts";

export interface ExchangeLimits {
  readonly timeoutMs: number;
  /** Whose abort cancels the exchange too. */
  readonly signal?: AbortSignal;
}

/** The lifetime of one exchange: its time limit, and who else may cancel it. */
export class ExchangeScope {
  readonly #controller = new AbortController();
  readonly #cancelled = Promise.withResolvers<never>();
  readonly #parent: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout;
  #reason: AppError | undefined;
  #timedOut = false;
  #onCancel: ((reason: AppError) => void) | undefined;

  constructor(limits: ExchangeLimits) {
    this.#cancelled.promise.catch(() => {});
    this.#parent = limits.signal;
    this.#timer = setTimeout(() => {
      this.#timedOut = true;
      this.cancel(new AppError("TIMEOUT", `the exchange did not end within ${limits.timeoutMs} ms`));
    }, limits.timeoutMs);
    if (this.#parent?.aborted === true) this.#onParentAbort();
    else this.#parent?.addEventListener("abort", this.#onParentAbort);
  }

  /** Aborted when the exchange is cancelled or its stream is lost. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get timedOut(): boolean {
    return this.#timedOut;
  }

  /** Why the exchange was cancelled, if it was. */
  get cancelReason(): AppError | undefined {
    return this.#reason;
  }

  /** Ends the exchange: `race` rejects with `reason`. */
  cancel(reason: AppError): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#controller.abort(reason);
    this.#cancelled.reject(reason);
    this.#onCancel?.(reason);
  }

  /** Only tells the one at work; what has been received may be enough for it. */
  lose(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** `listener` is called once, at once if it has happened. */
  onCancel(listener: (reason: AppError) => void): void {
    if (this.#reason === undefined) this.#onCancel = listener;
    else listener(this.#reason);
  }

  /** `work`, or the reason of the cancellation if that comes first. */
  race<T>(work: Promise<T>): Promise<T> {
    work.catch(() => {});
    return Promise.race([work, this.#cancelled.promise]);
  }

  /** Must be called when the exchange is over. */
  end(): void {
    clearTimeout(this.#timer);
    this.#parent?.removeEventListener("abort", this.#onParentAbort);
    this.#onCancel = undefined;
  }

  readonly #onParentAbort = (): void => this.cancel(toCancelReason(this.#parent!.reason));
}

function toCancelReason(reason: unknown): AppError {
  if (reason instanceof AppError) return reason;
  if (reason instanceof Error && reason.name === "TimeoutError") {
    return new AppError("TIMEOUT", "the time limit of the caller passed", { cause: reason });
  }
  return new AppError("CLIENT_CLOSED", "the caller gave the exchange up", { cause: reason });
}
