import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import { AppError } from "@commonhold/core/app-error.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { Json } from "../command.ts";
import { fromThreadErrorRecord } from "./error-record.ts";
import type { BatchOutcome, QueuedCommand, WriterReport, WriterRequest } from "./writer-messages.ts";

export interface WriterLimits {
  /** Commands that wait for their turn. */
  readonly waitingMax: number;
  /** Characters of JSON of all that waits. */
  readonly waitingCharactersMax: number;
  /** Commands that share one commit. */
  readonly batchMax: number;
  readonly batchCharactersMax: number;
}

export const WRITER_LIMITS: WriterLimits = {
  waitingMax: 8_192,
  waitingCharactersMax: 32 * 1024 * 1024,
  batchMax: 512,
  batchCharactersMax: 4 * 1024 * 1024,
};

/** Counts since the engine was opened, but for `waiting`. */
export interface WriterStats {
  readonly commits: number;
  readonly commandsApplied: number;
  /** Refused by the command itself or failed with their batch. */
  readonly commandsRefused: number;
  /** Accepted and not answered yet, now. */
  readonly waiting: number;
  /** Whether commands are accepted. */
  readonly accepting: boolean;
}

export interface SqliteWriterDeps {
  readonly spawn: () => Worker;
  readonly logger: Pick<Logger, "error">;
}

/**
 * Starts the writer thread and waits until its database is open.
 * @throws AppError what the thread says about the database, or STORAGE_FAILURE when the thread does not start
 */
export async function openSqliteWriter(deps: SqliteWriterDeps, limits: WriterLimits): Promise<SqliteWriter> {
  const worker = deps.spawn();
  const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  const report = await firstReport(worker);
  if (report.kind !== "opened") {
    await exited;
    throw report.kind === "notOpened" ? fromThreadErrorRecord(report.error) : new Error(`unexpected ${report.kind}`);
  }
  return new SqliteWriter(worker, deps.logger, limits);
}

async function firstReport(worker: Worker): Promise<WriterReport> {
  const ended = new AbortController();
  worker.once("exit", () => ended.abort());
  try {
    const [report] = (await once(worker, "message", { signal: ended.signal })) as [WriterReport];
    return report;
  } catch (error) {
    throw new AppError("STORAGE_FAILURE", "the metadata writer did not start; the log has the cause", {
      cause: error,
    });
  }
}

interface WaitingCommand extends QueuedCommand {
  readonly resolve: (result: Json) => void;
  readonly reject: (error: AppError) => void;
}

/**
 * The calling thread's side of the writer: a bounded queue, and one batch under way at a time. While the thread syncs
 * a batch, what is called meanwhile gathers to the next one.
 */
export class SqliteWriter {
  readonly #worker: Worker;
  readonly #logger: Pick<Logger, "error">;
  readonly #limits: WriterLimits;
  readonly #exited = Promise.withResolvers<void>();
  #waiting: WaitingCommand[] = [];
  #waitingCharacters = 0;
  #underWay: readonly WaitingCommand[] = [];
  #sendScheduled = false;
  #closing = false;
  #closed = false;
  /** Why no more commands are accepted. */
  #refusal: AppError | undefined;
  #fault: unknown;
  #counts = { commits: 0, commandsApplied: 0, commandsRefused: 0 };

  constructor(worker: Worker, logger: Pick<Logger, "error">, limits: WriterLimits) {
    this.#worker = worker;
    this.#logger = logger;
    this.#limits = limits;
    worker.on("message", (report: WriterReport) => this.#receive(report));
    worker.on("error", (error) => {
      this.#fault = error;
    });
    worker.on("exit", () => this.#end());
  }

  /**
   * Queues a command whose payload was checked.
   * @throws AppError as `Metadata.apply`
   */
  async apply(command: QueuedCommand): Promise<Json> {
    if (this.#refusal !== undefined) throw this.#refusal;
    const { waitingMax, waitingCharactersMax } = this.#limits;
    if (this.#waiting.length >= waitingMax || this.#waitingCharacters + command.payload.length > waitingCharactersMax) {
      throw new AppError("OVERLOADED", `${this.#waiting.length} changes of the metadata wait already: try again soon`);
    }
    const { promise, resolve, reject } = Promise.withResolvers<Json>();
    this.#waiting.push({ ...command, resolve, reject });
    this.#waitingCharacters += command.payload.length;
    this.#scheduleSend();
    return await promise;
  }

  stats(): WriterStats {
    return {
      ...this.#counts,
      waiting: this.#waiting.length + this.#underWay.length,
      accepting: this.#refusal === undefined,
    };
  }

  /** What was accepted is still applied. */
  stopAccepting(): void {
    this.#refusal ??= new AppError("SHUTTING_DOWN", "the metadata is being closed: try again when it is up");
  }

  /** Applies what was accepted, then ends the thread. Resolves also when the thread had died. */
  async close(): Promise<void> {
    this.stopAccepting();
    if (!this.#closing) {
      this.#closing = true;
      this.#scheduleSend();
    }
    await this.#exited.promise;
  }

  /** After the current turn, so that what one turn calls goes in one batch. */
  #scheduleSend(): void {
    if (this.#sendScheduled || this.#underWay.length > 0) return;
    this.#sendScheduled = true;
    queueMicrotask(() => {
      this.#sendScheduled = false;
      this.#sendNext();
    });
  }

  #sendNext(): void {
    if (this.#waiting.length === 0) {
      if (this.#closing) this.#send({ kind: "close" });
      return;
    }
    this.#underWay = this.#takeBatch();
    this.#send({ kind: "batch", commands: this.#underWay.map(({ name, payload }) => ({ name, payload })) });
  }

  #send(request: WriterRequest): void {
    this.#worker.postMessage(request);
  }

  /** At least one, then as many as the limits allow. */
  #takeBatch(): readonly WaitingCommand[] {
    const { batchMax, batchCharactersMax } = this.#limits;
    let count = 0;
    let characters = 0;
    for (const { payload } of this.#waiting) {
      if (count > 0 && (count === batchMax || characters + payload.length > batchCharactersMax)) break;
      count += 1;
      characters += payload.length;
    }
    this.#waitingCharacters -= characters;
    return this.#waiting.splice(0, count);
  }

  #receive(report: WriterReport): void {
    if (report.kind === "closed") this.#closed = true;
    if (report.kind !== "batchDone") return;
    const answered = this.#underWay;
    this.#underWay = [];
    this.#settle(answered, report.outcome);
    this.#scheduleSend();
  }

  #settle(commands: readonly WaitingCommand[], { answers, committed }: BatchOutcome): void {
    if (committed) this.#counts.commits += 1;
    for (const [index, command] of commands.entries()) {
      const answer = answers[index]!;
      if (answer.ok) {
        this.#counts.commandsApplied += 1;
        command.resolve(answer.result);
      } else {
        this.#counts.commandsRefused += 1;
        command.reject(fromThreadErrorRecord(answer.error));
      }
    }
  }

  #end(): void {
    if (!this.#closed) this.#fail();
    this.#exited.resolve();
  }

  #fail(): void {
    const cause = { cause: this.#fault };
    this.#refusal = new AppError("STORAGE_FAILURE", "the metadata writer has stopped: restart the coordinator", cause);
    this.#logger.error({ err: this.#refusal }, "the metadata writer has stopped");
    const unknownOutcome = new AppError(
      "STORAGE_FAILURE",
      "the metadata writer stopped during this change, which may or may not be kept: restart the coordinator and look",
      cause,
    );
    for (const command of this.#underWay) command.reject(unknownOutcome);
    for (const command of this.#waiting) command.reject(this.#refusal);
    this.#underWay = [];
    this.#waiting = [];
    this.#waitingCharacters = 0;
  }
}
