/** 64 bits as two unsigned halves: JavaScript multiplies 32-bit integers fast and 64-bit ones (BigInt) slowly. */
export interface Hash64 {
  readonly high: number;
  readonly low: number;
}

const FNV_OFFSET_HIGH = 0xcbf29ce4;
const FNV_OFFSET_LOW = 0x84222325;
/** The FNV prime is 2^40 + 0x1b3. */
const FNV_PRIME_LOW = 0x1b3;
const FNV_PRIME_HIGH_SHIFT = 8;

const FIRST_FACTOR: Hash64 = { high: 0xff51afd7, low: 0xed558ccd };
const SECOND_FACTOR: Hash64 = { high: 0xc4ceb9fe, low: 0x1a85ec53 };

const TWO_POW_20 = 2 ** 20;
const TWO_POW_32 = 2 ** 32;
const TWO_POW_52 = 2 ** 52;

/**
 * FNV-1a of 64 bits, one round per UTF-16 code unit (the published function for ASCII text, which ids are), finished
 * with the 64-bit finaliser of MurmurHash3, since FNV alone spreads its last characters badly.
 * Spreads load; gives no protection against someone who looks for collisions.
 */
export function hashText(text: string): Hash64 {
  return mix64(fnv1a64(text));
}

/** A number in (0, 1), never either end, that is uniform over pairs and independent of the order of the two. */
export function pairFraction(a: Hash64, b: Hash64): number {
  const mixed = mix64({ high: a.high ^ b.high, low: a.low ^ b.low });
  return (mixed.high * TWO_POW_20 + (mixed.low >>> 12) + 0.5) / TWO_POW_52;
}

export function fnv1a64(text: string): Hash64 {
  let high = FNV_OFFSET_HIGH;
  let low = FNV_OFFSET_LOW;
  for (let i = 0; i < text.length; i++) {
    low = (low ^ text.charCodeAt(i)) >>> 0;
    const product = low * FNV_PRIME_LOW;
    const carry = Math.floor(product / TWO_POW_32);
    high = (Math.imul(high, FNV_PRIME_LOW) + carry + (low << FNV_PRIME_HIGH_SHIFT)) >>> 0;
    low = product >>> 0;
  }
  return { high, low };
}

/** fmix64 of MurmurHash3: a bijection in which every input bit reaches every output bit. */
export function mix64(hash: Hash64): Hash64 {
  let high = hash.high >>> 0;
  let low = (hash.low ^ (high >>> 1)) >>> 0;
  high = multiplyHigh(high, low, FIRST_FACTOR);
  low = Math.imul(low, FIRST_FACTOR.low);
  low ^= high >>> 1;
  high = multiplyHigh(high, low, SECOND_FACTOR);
  low = Math.imul(low, SECOND_FACTOR.low);
  low ^= high >>> 1;
  return { high, low: low >>> 0 };
}

/** The upper half of the low 64 bits of (high, low) × factor. */
function multiplyHigh(high: number, low: number, factor: Hash64): number {
  const a1 = low >>> 16;
  const a0 = low & 0xffff;
  const b1 = factor.low >>> 16;
  const b0 = factor.low & 0xffff;
  const upper = a1 * b0 + ((a0 * b0) >>> 16);
  const lower = a0 * b1 + (upper & 0xffff);
  const carried = a1 * b1 + (upper >>> 16) + (lower >>> 16);
  return (carried + Math.imul(high, factor.low) + Math.imul(low, factor.high)) >>> 0;
}
