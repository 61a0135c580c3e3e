/**
 * A text of whatever encoding: UTF-8, UTF-16 where its mark says so, or else what Windows wrote before. It may end within
 * a letter, as only its beginning is read.
 */
export function decodeText(bytes: ArrayBuffer): string {
  const [first, second] = new Uint8Array(bytes, 0, Math.min(2, bytes.byteLength));
  if (first === 0xff && second === 0xfe) return decoded(bytes, "utf-16le");
  if (first === 0xfe && second === 0xff) return decoded(bytes, "utf-16be");
  try {
    return decoded(bytes, "utf-8", true);
  } catch {
    return decoded(bytes, "windows-1252");
  }
}

function decoded(bytes: ArrayBuffer, encoding: string, fatal = false): string {
  return new TextDecoder(encoding, { fatal }).decode(bytes, { stream: true });
}
