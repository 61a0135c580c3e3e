import type { AuditOutcome } from "@commonhold/core/audit/audit-outcome.ts";
import type { ReputationStanding } from "@commonhold/core/audit/reputation.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";

/** A challenge as it is recorded before it is sent. Times in milliseconds since 1970. */
export interface IssuedChallenge {
  /** 16 bytes. */
  readonly id: Uint8Array;
  readonly nodeId: NodeId;
  /** The UTC day whose key the seed derives from, with window and number. */
  readonly day: string;
  readonly window: number;
  readonly number: number;
  /** The id of the first challenge about these leaves. */
  readonly selectionId: Uint8Array;
  /** 1 for the first. */
  readonly attempt: number;
  readonly leafCount: number;
  readonly difficulty: number;
  readonly chunkNames: readonly ChunkName[];
  readonly issuedAtMs: number;
  readonly deadlineAtMs: number;
}

/** What came of a challenge. */
export interface SettledChallenge {
  readonly id: Uint8Array;
  /** One for each chunk, in their order; null for a chunk that counts nothing: the error was the coordinator's. */
  readonly outcomes: readonly (AuditOutcome | null)[];
  /** Silence, each time that it was asked again. */
  readonly isFinal: boolean;
  /** From the question's delivery to the whole answer, where one came. */
  readonly durationMs: number | undefined;
  /** As the node says. */
  readonly nodeUs: number | undefined;
  /** For people: what else there is to say. */
  readonly detail: string | undefined;
}

/** How a node stands after its audits were recorded. */
export interface StandingAfter {
  readonly nodeId: NodeId;
  readonly standing: ReputationStanding;
  /** A sentence for each change. */
  readonly changes: readonly string[];
  readonly closerLookUntilMs: number | undefined;
}

/** A challenge that was recorded and never settled. */
export interface OpenChallenge {
  readonly id: Uint8Array;
  readonly chunkCount: number;
}

/** A question that was not answered, and not asked again. */
export type UnansweredChallenge = Omit<IssuedChallenge, "issuedAtMs" | "deadlineAtMs">;

/** Where audits are written down. Every change is durable when it resolves. */
export interface AuditLedger {
  /** Publishes the commitment to a day's key; the same one again changes nothing. */
  openPeriod(period: { readonly day: string; readonly commitment: Uint8Array; readonly nowMs: number }): Promise<void>;
  /** Publishes the key of a day that is over. */
  revealPeriod(period: { readonly day: string; readonly key: Uint8Array; readonly nowMs: number }): Promise<void>;
  /** Days whose key is not published yet, oldest first. */
  hiddenPeriods(): Promise<readonly string[]>;
  /** Before it is sent. */
  issue(challenge: IssuedChallenge): Promise<void>;
  /** One that is settled already stays as it is. @returns how the nodes stand that it concerns */
  record(results: readonly SettledChallenge[], nowMs: number): Promise<readonly StandingAfter[]>;
  /** Challenges that were issued before this time and never settled, oldest first. */
  unsettled(issuedBeforeMs: number, limit: number): Promise<readonly OpenChallenge[]>;
  /** Questions that were issued since then, not answered, not asked for the last time, and not asked again since. */
  unanswered(issuedSinceMs: number): Promise<readonly UnansweredChallenge[]>;
}
