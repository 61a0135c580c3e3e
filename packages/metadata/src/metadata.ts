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
   * Reads one state, whatever is committed meanwhile: all queries of `use` go through its `read`, which ends with it. What
   * was applied before the call is seen. Everybody else goes on as ever; but what an open snapshot may still need cannot
   * be tidied up, so let it be short.
   * @throws AppError OVERLOADED where too many are open, SHUTTING_DOWN once it is closed; what `use` throws
   */
  snapshot<Result>(use: (read: Kysely<Tables>) => Promise<Result>): Promise<Result>;
  /**
   * Applies a command, in the order of the calls. Resolves once its effect is durable (committed with full sync)
   * and visible to `read`.
   * @throws AppError the command's own refusal; INVALID_REQUEST for a payload that does not fit its schema;
   *   OVERLOADED when too many commands wait; STORAGE_FAILURE when the engine cannot write
   */
  apply<Name extends CommandName>(name: Name, payload: CommandPayload<Name>): Promise<CommandResult<Name>>;
  /** Applies what was accepted and waits for snapshots, then closes. */
  close(): Promise<void>;
}
