import type { Transaction } from "kysely";
import type { Static, TSchema } from "typebox";
import type { Tables } from "./tables.ts";

/** JSON: what a payload and a result may be made of, so that they cross threads, logs and the network unchanged. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/**
 * A named change of the metadata. `apply` is deterministic: it reads nothing but the transaction and the payload,
 * so times, ids and random values are in the payload. It throws an `AppError` when a precondition does not hold;
 * then nothing of it is kept. Micro-credits travel as decimal text.
 */
export interface Command<Name extends string, Schema extends TSchema, Result extends Json> {
  readonly name: Name;
  readonly payload: Schema;
  readonly apply: (tx: Transaction<Tables>, payload: Static<Schema>) => Promise<Result>;
}

export function defineCommand<const Name extends string, Schema extends TSchema, Result extends Json>(
  command: Command<Name, Schema, Result>,
): Command<Name, Schema, Result> {
  return command;
}

/** Any command, where its own types are not known: in a registry, in an engine. */
export interface AnyCommand {
  readonly name: string;
  readonly payload: TSchema;
  readonly apply: (tx: Transaction<Tables>, payload: never) => Promise<Json>;
}
