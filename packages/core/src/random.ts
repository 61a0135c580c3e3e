/** Chance, handed in so that simulation can replay it. */
export interface Random {
  /** `length` bytes, fit for keys in production. */
  bytes(length: number): Uint8Array;
  /** A number in [0, 1). */
  fraction(): number;
}
