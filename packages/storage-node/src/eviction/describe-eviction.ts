import { formatByteSize } from "@commonhold/core/byte-size.ts";
import type { StoreUsage } from "../chunk-store/chunk-store.ts";
import type { EvictionState } from "./evictor.ts";

/** For people: what is too much, and what happens about it. */
export function describeEviction(state: EvictionState, usage: Pick<StoreUsage, "wantedFreeBytes" | "limit">): string {
  if (usage.wantedFreeBytes === 0) return "holds no more than it may";
  const inAll = usage.wantedFreeBytes + state.releasedBytes;
  return `${excessOf(usage.limit, inAll)}: ${doingOf(state, usage.wantedFreeBytes)}`;
}

function excessOf(limit: StoreUsage["limit"], bytes: number): string {
  const size = formatByteSize(bytes);
  if (limit === "storage.min_free_disk_bytes") return `the disk has ${size} less free than ${limit}`;
  if (limit === "storage.reserved_bytes") return `others use ${size} of ${limit}`;
  return `over its quota by ${size}`;
}

function doingOf(state: EvictionState, leftBytes: number): string {
  const left = formatByteSize(leftBytes);
  if (state.kind === "off") return `${left} stay, as storage.eviction is off`;
  const released = state.releasedBytes > 0 ? [`${formatByteSize(state.releasedBytes)} released`] : [];
  return [...released, restOf(state, leftBytes)].join(", ");
}

function restOf({ kind, leavingBytes, error }: EvictionState, leftBytes: number): string {
  const left = formatByteSize(leftBytes);
  if (kind === "asking") return `asking the coordinator for ${left}`;
  if (error !== undefined) return `${left} wait, as the coordinator could not be asked (${error.message})`;
  if (leavingBytes === undefined) return `${left} stay until there are copies elsewhere`;
  if (leavingBytes >= leftBytes) return `${left} are being copied elsewhere`;
  const stay = formatByteSize(leftBytes - leavingBytes);
  const leaving = leavingBytes > 0 ? `${formatByteSize(leavingBytes)} are being copied elsewhere, ` : "";
  return `${leaving}${stay} stay, as no other node can take them`;
}
