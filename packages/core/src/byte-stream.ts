/**
 * Bytes in both directions between two peers, with back-pressure: the port that every lane offers
 * (libp2p streams, TLS sockets, memory in tests). Not safe for concurrent reads or concurrent writes.
 */
export interface ByteStream {
  /**
   * Exactly `length` bytes. The result may be a view into a received buffer and belongs to the caller.
   * @param target memory of `length` bytes for the result, filled as they arrive; the result is then a view of it
   * @throws AppError PROTOCOL_ERROR when the peer ends before that
   */
  read(length: number, target?: Uint8Array): Promise<Uint8Array>;
  /** Whether the bytes of a write are the writer's again once it has resolved; else the stream may still need them. */
  readonly copiesWrites?: boolean;
  /** Resolves when the bytes are handed to the transport and it has room for more; they may not be changed before the stream has ended, unless `copiesWrites`. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends our direction. */
  closeWrite(): Promise<void>;
  /** Ends both directions at once; pending reads and writes fail with `reason`. */
  abort(reason: Error): void;
}
