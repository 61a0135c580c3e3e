import type { Json } from "../command.ts";
import type { ThreadErrorRecord } from "./error-record.ts";

/** What the writer thread is given when it starts. */
export interface WriterData {
  readonly file: string;
  readonly nowMs: number;
}

export interface QueuedCommand {
  readonly name: string;
  /** JSON text: fixed at the moment of the call, and its size is known. */
  readonly payload: string;
}

export type WriterRequest =
  | { readonly kind: "batch"; readonly commands: readonly QueuedCommand[] }
  | { readonly kind: "close" };

export type CommandAnswer =
  | { readonly ok: true; readonly result: Json }
  | { readonly ok: false; readonly error: ThreadErrorRecord };

export interface BatchOutcome {
  /** One for each command, in order. */
  readonly answers: readonly CommandAnswer[];
  readonly committed: boolean;
}

export type WriterReport =
  | { readonly kind: "opened" }
  | { readonly kind: "notOpened"; readonly error: ThreadErrorRecord }
  | { readonly kind: "batchDone"; readonly outcome: BatchOutcome }
  | { readonly kind: "closed" };
