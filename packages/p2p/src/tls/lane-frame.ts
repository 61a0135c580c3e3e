import { AppError } from "@commonhold/core/app-error.ts";

/**
 * The frames of the fast lane: type (1 byte) ‖ length of the payload (u32, big-endian) ‖ payload. A connection carries
 * one exchange at a time: `open`, then `data` in both directions until both sides have sent `end`.
 */
export const FRAME_TYPE = {
  /** The first frame of either side, the dialling one before the other: the sender's addresses (`lane-hello.ts`). */
  hello: 1,
  /** Begins an exchange; the payload is its protocol. */
  open: 2,
  /** Never empty. */
  data: 3,
  /** The sender's direction of the exchange is over. */
  end: 4,
  /** The sender gives the exchange up, and the connection with it. */
  reset: 5,
  /** To be answered by `pong` at once, at any time. */
  ping: 6,
  /** A sign of life, also when nobody asked: whoever waits behind data that it cannot send needs one. */
  pong: 7,
} as const;

export type FrameType = (typeof FRAME_TYPE)[keyof typeof FRAME_TYPE];

export const FRAME_HEADER_BYTES = 5;
export const DATA_BYTES_MAX = 1024 * 1024;

export const HELLO_BYTES_MAX = 4096;

const PAYLOAD_BYTES_MAX: { readonly [type: number]: number } = {
  [FRAME_TYPE.hello]: HELLO_BYTES_MAX,
  [FRAME_TYPE.open]: 256,
  [FRAME_TYPE.data]: DATA_BYTES_MAX,
  [FRAME_TYPE.end]: 0,
  [FRAME_TYPE.reset]: 0,
  [FRAME_TYPE.ping]: 0,
  [FRAME_TYPE.pong]: 0,
};

/** The five bytes before a payload of `length` bytes. */
export function frameHeader(type: FrameType, length: number): Uint8Array {
  return Uint8Array.of(type, length >>> 24, length >>> 16, length >>> 8, length);
}

/** What a `FrameParser` finds. */
export interface FrameSink {
  /** A part of the payload of a data frame; the memory is only lent until the call returns. */
  onData(part: Uint8Array): void;
  /** Any other frame, whole. */
  onFrame(type: Exclude<FrameType, 3>, payload: Uint8Array): void;
}

/** Cuts what a connection receives into frames; holds no more than one short frame. */
export class FrameParser {
  readonly #sink: FrameSink;
  readonly #header = new Uint8Array(FRAME_HEADER_BYTES);
  #headerFilled = 0;
  #type = 0;
  /** Bytes of the payload that are still to come. */
  #left = 0;
  #payload: Uint8Array | undefined;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /**
   * @param bytes lent until the call returns
   * @throws AppError PROTOCOL_ERROR for an unknown type, a payload longer than its type allows or a `data` without any
   */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#headerFilled < FRAME_HEADER_BYTES) {
        this.#header[this.#headerFilled++] = bytes[at++]!;
        if (this.#headerFilled === FRAME_HEADER_BYTES) this.#begin();
        continue;
      }
      const part = bytes.subarray(at, at + this.#left);
      at += part.length;
      this.#take(part);
    }
  }

  #begin(): void {
    const header = this.#header;
    this.#type = header[0]!;
    this.#left = new DataView(header.buffer).getUint32(1);
    const lengthMax = PAYLOAD_BYTES_MAX[this.#type];
    if (lengthMax === undefined) throw new AppError("PROTOCOL_ERROR", `there is no frame of type ${this.#type}`);
    if (this.#left > lengthMax) {
      throw new AppError(
        "PROTOCOL_ERROR",
        `a frame of type ${this.#type} with ${this.#left} bytes was announced, at most ${lengthMax} are taken here`,
      );
    }
    if (this.#type !== FRAME_TYPE.data) this.#payload = new Uint8Array(this.#left);
    else if (this.#left === 0) throw new AppError("PROTOCOL_ERROR", "a data frame without data came");
    if (this.#left === 0) this.#end();
  }

  #take(part: Uint8Array): void {
    const payload = this.#payload;
    payload?.set(part, payload.length - this.#left);
    this.#left -= part.length;
    if (payload === undefined) this.#sink.onData(part);
    if (this.#left === 0) this.#end();
  }

  #end(): void {
    const payload = this.#payload;
    this.#headerFilled = 0;
    this.#payload = undefined;
    if (payload !== undefined) this.#sink.onFrame(this.#type as Exclude<FrameType, 3>, payload);
  }
}
