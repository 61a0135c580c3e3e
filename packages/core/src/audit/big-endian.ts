/** `value`, 0 ≤ value < 2³², as 4 bytes, big-endian. */
export function u32be(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** `value`, a safe integer ≥ 0, as 8 bytes, big-endian. */
export function u64be(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  writeU64be(new DataView(bytes.buffer), 0, value);
  return bytes;
}

/** Writes `value`, a safe integer ≥ 0, as 8 bytes, big-endian. In two halves: a BigInt would cost more than the rest. */
export function writeU64be(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, Math.floor(value / 2 ** 32));
  view.setUint32(offset + 4, value % 2 ** 32);
}
