const WRITTEN = /^(\d{1,11})(?:[.,](\d{1,6}))?$/;

/** Credits as a person writes them, in millionths; undefined for what is no number above zero. */
export function readMicroCredits(text: string): string | undefined {
  const [, whole, part = ""] = WRITTEN.exec(text.trim()) ?? [];
  if (whole === undefined) return undefined;
  const microCredits = BigInt(whole + part.padEnd(6, "0"));
  return microCredits > 0n ? microCredits.toString() : undefined;
}
