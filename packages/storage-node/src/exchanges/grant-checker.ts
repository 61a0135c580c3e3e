import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import {
  checkGrant,
  type GrantAction,
  type GrantTerms,
  type SignedGrant,
  type VerifySignature,
} from "@commonhold/wire/grant.ts";

/** What a peer wants to do, to be covered by the grant that it presents. */
export interface WantedAction {
  readonly subject: string;
  readonly action: GrantAction;
  readonly chunkName?: ChunkName;
  /** Sealed bytes, where the action brings some. */
  readonly length?: number;
}

/** What the grant says. @throws AppError INVALID_GRANT naming what does not fit */
export type GrantChecker = (grant: SignedGrant | undefined, wanted: WantedAction) => GrantTerms;

export interface GrantCheckerDeps {
  readonly clock: Clock;
  readonly verify: VerifySignature;
}

/** Accepts grants that the coordinator of this node signed, for this node and for the peer that presents them. */
export function createGrantChecker(
  deps: GrantCheckerDeps,
  options: { readonly nodeId: string; readonly coordinatorPeerId: string },
): GrantChecker {
  const issuers: ReadonlySet<string> = new Set([options.coordinatorPeerId]);
  return (grant, wanted) =>
    checkGrant(grant, { ...wanted, node: options.nodeId, nowMs: deps.clock.nowMs(), issuers }, deps.verify);
}
