import type { NodeId } from "../ids.ts";
import { asciiBytes } from "./ascii-bytes.ts";
import { u64be } from "./big-endian.ts";
import type { HmacSha256, Sha256 } from "./hash-functions.ts";

const PERIOD_INFO = "commonhold audit period";
const NO_SALT = new Uint8Array(32);
const FIRST_BLOCK = Uint8Array.of(1);

/**
 * The key of one period, a UTC day: HKDF-SHA-256 (RFC 5869, no salt) of the coordinator's master key with the info
 * "commonhold audit period" ‖ day, 32 bytes. It is made anew when it is needed and never kept.
 * @param day "2026-01-31"
 */
export function auditPeriodKey(masterKey: Uint8Array, day: string, hmac: HmacSha256): Uint8Array {
  return hmac(hmac(NO_SALT, masterKey), asciiBytes(PERIOD_INFO + day), FIRST_BLOCK);
}

/** SHA-256(period key), published when the period begins; the key itself is published when it is over. */
export function auditPeriodCommitment(periodKey: Uint8Array, sha256: Sha256): Uint8Array {
  return sha256(periodKey);
}

/** For which challenge of a period: `number` within `window`, both whole numbers from 0 on. */
export interface AuditSeedOf {
  readonly nodeId: NodeId;
  readonly window: number;
  readonly number: number;
}

/** HMAC-SHA-256(period key, node id ‖ window ‖ number), both as u64, big-endian; 32 bytes. */
export function auditSeed(
  periodKey: Uint8Array,
  { nodeId, window, number }: AuditSeedOf,
  hmac: HmacSha256,
): Uint8Array {
  return hmac(periodKey, asciiBytes(nodeId), u64be(window), u64be(number));
}
