/** Less than this is not worth the call. */
const BYTES_MIN = 4096;

/**
 * Gives the memory behind `bytes` back at once, where it is theirs alone: nothing may read them from now on. Left to the
 * garbage collector, bytes that are long done with would be tens of megabytes, and bring about collections.
 */
export function freeMemory({ buffer, byteLength }: Uint8Array): void {
  if (byteLength < BYTES_MIN || byteLength !== buffer.byteLength) return;
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
