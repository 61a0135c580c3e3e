import { HELLO_BYTES_MAX } from "./lane-frame.ts";

/** Of what a peer says about its addresses, no more than this is told, kept or tried. */
export const LANE_ADDRESSES_MAX = 16;

/** The payload of a hello: multiaddrs in UTF-8, a line each; those that do not fit are left out. */
export function encodeHello(addresses: readonly string[]): Uint8Array {
  let text = "";
  for (const address of addresses.slice(0, LANE_ADDRESSES_MAX)) {
    const longer = text === "" ? address : `${text}\n${address}`;
    if (Buffer.byteLength(longer) <= HELLO_BYTES_MAX) text = longer;
  }
  return new TextEncoder().encode(text);
}

/** The lines of a hello, of which the peer may have made anything. */
export function decodeHello(payload: Uint8Array): readonly string[] {
  const text = new TextDecoder().decode(payload);
  return text === "" ? [] : text.split("\n", LANE_ADDRESSES_MAX);
}
