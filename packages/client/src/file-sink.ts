/** Where downloaded bytes go, in order. */
export interface FileSink {
  /** Resolves when there is room for more. */
  write(bytes: Uint8Array): Promise<void>;
  /** Drops everything from `length` on; the next write begins there. */
  truncate(length: number): Promise<void>;
}
