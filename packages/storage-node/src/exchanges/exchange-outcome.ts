import { AppError, hasCode } from "@commonhold/core/app-error.ts";

/**
 * What became of one exchange. The wire answers a refusal to the peer and is done with it; the node notes it here on
 * the way, for its metrics and its log.
 */
export class ExchangeOutcome {
  #error: unknown;
  #state: "begun" | "acted" | "failed" = "begun";

  /** Runs a step that may refuse the exchange, or all of it, and notes its failure. */
  async note<T>(work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  /** Notes the failures of some chunks of a batch, of which the others go on: one that is the node's own, if any is. */
  noteParts(parts: readonly PromiseSettledResult<unknown>[]): void {
    const errors = parts.flatMap((part) => (part.status === "rejected" ? [part.reason as unknown] : []));
    if (errors.length > 0) this.#fail(errors.find(isOwn) ?? errors[0]);
  }

  /** Runs the step that the peer asked for: an exchange that never gets so far has failed, whatever the reason. */
  async act<T>(work: () => Promise<T>): Promise<T> {
    const result = await this.note(work);
    this.#state = "acted";
    return result;
  }

  /** Undefined where all went well, or where the peer itself broke off. */
  get error(): unknown {
    return this.#error;
  }

  /** "OK", or the code of the error. */
  get code(): string {
    if (this.#state === "acted") return "OK";
    if (this.#state === "begun") return "PROTOCOL_ERROR";
    return this.#error instanceof AppError ? this.#error.code : "INTERNAL";
  }

  #fail(error: unknown): void {
    this.#error = error;
    this.#state = "failed";
  }
}

function isOwn(error: unknown): boolean {
  return !(error instanceof AppError) || hasCode(error, "STORAGE_FAILURE", "INTERNAL");
}
