import { AppError } from "@commonhold/core/app-error.ts";

/** @throws AppError FORBIDDEN where a coordinator is not the one that this node registered with */
export function assertPinned(peerId: string, pinnedPeerId: string): void {
  if (peerId === pinnedPeerId) return;
  throw new AppError(
    "FORBIDDEN",
    `The coordinator calls itself ${peerId}, but this node belongs to ${pinnedPeerId} and obeys no other. ` +
      "If the coordinator lost its key, restore that; to change coordinators, drain this node and set up a new one",
    { details: { peer_id: peerId, pinned_peer_id: pinnedPeerId } },
  );
}
