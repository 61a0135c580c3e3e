import type { Writable } from "node:stream";
import { DATA_BYTES_MAX, FRAME_HEADER_BYTES, FRAME_TYPE, type FrameType, frameHeader } from "./lane-frame.ts";

/** The most plaintext of one TLS record (RFC 8446, 5.1). */
const RECORD_BYTES = 16 * 1024;
const NOTHING = new Uint8Array(0);

/**
 * Writes frames to a socket. Short ones that are written in one turn of the event loop leave together; of a long
 * payload all but the beginning goes to the socket as it is, not copied.
 */
export class FrameWriter {
  readonly #socket: Writable;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #lent = 0;

  constructor(socket: Writable) {
    this.#socket = socket;
  }

  /** Whether the socket still holds memory of a caller of `data`, who may use it again once that has ended. */
  get holdsLent(): boolean {
    return this.#lent > 0;
  }

  /** Whether something waits for the peer to read. */
  get isBlocked(): boolean {
    return this.#socket.writableLength > 0;
  }

  /** Writes a frame that is no data frame. */
  frame(type: Exclude<FrameType, 3>, payload: Uint8Array = NOTHING): void {
    this.#gather(frameHeader(type, payload.length), payload);
  }

  /**
   * Writes `bytes` as data frames. Resolves when the socket has room for more.
   * @throws what the socket failed with, or that it has ended
   */
  async data(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += DATA_BYTES_MAX) {
      const payload = bytes.subarray(at, at + DATA_BYTES_MAX);
      const header = frameHeader(FRAME_TYPE.data, payload.length);
      const joined = RECORD_BYTES - FRAME_HEADER_BYTES - this.#waitingBytes;
      // Copied (`slice` would not, where it is a Buffer): what waits is sent only after the caller has its memory back.
      if (payload.length <= joined) this.#gather(header, new Uint8Array(payload));
      else {
        this.#gather(header, payload.subarray(0, Math.max(0, joined)));
        this.flush();
        await this.#written(payload.subarray(Math.max(0, joined)));
      }
    }
    if (this.#socket.writableNeedDrain) await this.#written(NOTHING);
  }

  /** Hands what waits to the socket. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    const bytes = Buffer.concat(this.#waiting, this.#waitingBytes);
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  #gather(...parts: readonly Uint8Array[]): void {
    if (this.#waiting.length === 0) process.nextTick(() => this.flush());
    for (const part of parts) {
      this.#waiting.push(part);
      this.#waitingBytes += part.length;
    }
  }

  #written(bytes: Uint8Array): Promise<void> {
    // A write after the end would destroy the socket, and with it what it still has to send.
    if (!this.#socket.writable) return Promise.reject(new Error("the socket has ended"));
    this.#lent++;
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => {
        this.#lent--;
        if (error) reject(error);
        else resolve();
      });
    });
  }
}
