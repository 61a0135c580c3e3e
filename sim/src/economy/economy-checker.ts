import type { ReputationStanding } from "@commonhold/core/audit/reputation.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import type { CommandName, CommandPayload } from "@commonhold/metadata/metadata.ts";

/** One invariant of proofs and pay. */
export interface EconomyChecker {
  readonly name: string;
  /** A settlement begins to read. */
  onReckoning?(): void;
  /** A command is about to be applied. */
  onCommand?<Name extends CommandName>(name: Name, payload: CommandPayload<Name>): void;
  onStanding?(nodeId: NodeId, standing: ReputationStanding): void;
  /** A day was settled. */
  onDayClosed?(day: string): Promise<void>;
  /** Once a day. */
  onRound?(): Promise<void> | void;
  atEnd?(): Promise<void> | void;
  /** Lines for the report. */
  verdict(): readonly string[];
}
