import { createCipheriv } from "node:crypto";
import type { Random } from "@commonhold/core/random.ts";

/** Byte i = i mod 251: compresses well, and no two leaves of 16 KiB in a row are equal. */
export function patternBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i % 251);
}

/** Bytes that do not compress, always the same for one seed (0 to 255). */
export function noiseBytes(length: number, seed = 0): Uint8Array {
  const cipher = createCipheriv("aes-256-ctr", new Uint8Array(32).fill(seed), new Uint8Array(16));
  return new Uint8Array(cipher.update(new Uint8Array(length)));
}

export function filledBytes(length: number, byte: number): Uint8Array {
  return new Uint8Array(length).fill(byte);
}

/** A copy with one bit turned over. */
export function withBitFlipped(bytes: Uint8Array, bit: number): Uint8Array {
  const flipped = new Uint8Array(bytes);
  flipped[bit >> 3]! ^= 1 << (bit & 7);
  return flipped;
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** "Random" bytes 0, 1, 2, … anew at each call. */
export const countingRandom: Random = {
  bytes: (length) => Uint8Array.from({ length }, (_, i) => i),
  fraction: () => 0,
};
