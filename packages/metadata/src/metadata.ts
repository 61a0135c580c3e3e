import type { Kysely } from "kysely";
import type { Static } from "typebox";
import type { commands } from "./commands/registry.ts";
import type { Tables } from "./tables.ts";

type Commands = typeof commands;
export type CommandName = keyof Commands;
export type CommandPayload<Name extends CommandName> = Static<Commands[Name]["payload"]>;
export type CommandResult<Name extends CommandName> = Awaited<ReturnType<Commands[Name]["apply"]>>;

/** The port that every metadata engine offers. */
export interface Metadata {
  /** Plain queries over what is committed. A write through it fails. */
  readonly read: Kysely<Tables>;
  /**
   * Applies a command, in the order of the calls. Resolves once its effect is durable (committed with full sync)
   * and visible to `read`.
   * @throws AppError the command's own refusal; INVALID_REQUEST for a payload that does not fit its schema;
   *   OVERLOADED when too many commands wait; STORAGE_FAILURE when the engine cannot write
   */
  apply<Name extends CommandName>(name: Name, payload: CommandPayload<Name>): Promise<CommandResult<Name>>;
  /** Applies what was accepted, then closes. */
  close(): Promise<void>;
}
