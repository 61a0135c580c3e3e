import { AppError } from "./app-error.ts";

/** Bytes in one of each unit: SI prefixes count by 1000, IEC prefixes (KiB …) by 1024. */
const BYTES_PER_UNIT: Readonly<Record<string, bigint>> = {
  B: 1n,
  KB: 1000n,
  MB: 1000n ** 2n,
  GB: 1000n ** 3n,
  TB: 1000n ** 4n,
  PB: 1000n ** 5n,
  KIB: 1024n,
  MIB: 1024n ** 2n,
  GIB: 1024n ** 3n,
  TIB: 1024n ** 4n,
  PIB: 1024n ** 5n,
};

/** Exact texts try these in order; the first that divides the size wins. */
const EXACT_UNITS = ["PB", "TB", "GB", "MB", "KB", "PiB", "TiB", "GiB", "MiB", "KiB"] as const;
const DISPLAY_UNITS = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

const BYTE_SIZE = /^(\d{1,16})(?:\.(\d{1,9}))?\s*([a-z]*)$/i;

/**
 * Bytes from "10GB", "1.5 TiB", "512MiB", "4096", or a number of bytes. Letters' case does not matter; a fraction
 * of a byte is dropped. Throws INVALID_REQUEST for anything else, also for "10G", which people read both ways.
 */
export function parseByteSize(size: string | number): number {
  if (typeof size === "number") {
    if (Number.isSafeInteger(size) && size >= 0) return size;
    throw notAByteSize(size);
  }
  const match = BYTE_SIZE.exec(size.trim());
  if (match === null) throw notAByteSize(size);
  const [, whole = "", fraction = "", unit = ""] = match;
  if (/^[kmgtp]i?$/i.test(unit)) throw ambiguousUnit(size, `${whole}${fraction && `.${fraction}`}`, unit);
  const bytesPerUnit = BYTES_PER_UNIT[unit === "" ? "B" : unit.toUpperCase()];
  if (bytesPerUnit === undefined) throw notAByteSize(size);
  const bytes = (BigInt(whole + fraction) * bytesPerUnit) / 10n ** BigInt(fraction.length);
  if (bytes > BigInt(Number.MAX_SAFE_INTEGER)) throw notAByteSize(size);
  return Number(bytes);
}

/** For people: 1536000000 → "1.5 GB", at most one digit after the point. `exactByteSize` is for files. */
export function formatByteSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (Math.round(value * 10) / 10 >= 1000 && unit < DISPLAY_UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${Math.round(value * 10) / 10} ${DISPLAY_UNITS[unit]}`;
}

/** The shortest text that `parseByteSize` reads as exactly `bytes`: 10_000_000_000 → "10GB", 536870912 → "512MiB". */
export function exactByteSize(bytes: number): string {
  const size = BigInt(bytes);
  let best = size.toString();
  if (size === 0n) return best;
  for (const unit of EXACT_UNITS) {
    const bytesPerUnit = BYTES_PER_UNIT[unit.toUpperCase()]!;
    if (size % bytesPerUnit !== 0n) continue;
    const text = `${size / bytesPerUnit}${unit}`;
    if (text.length < best.length || !/[A-Z]/.test(best)) best = text;
  }
  return best;
}

function notAByteSize(size: string | number): AppError {
  return new AppError(
    "INVALID_REQUEST",
    `${JSON.stringify(size)} is no byte size: give a whole number of bytes or a text such as "10GB" or "512MiB"`,
  );
}

function ambiguousUnit(size: string, amount: string, unit: string): AppError {
  const prefix = unit.charAt(0).toUpperCase();
  return new AppError(
    "INVALID_REQUEST",
    `${JSON.stringify(size)} is no byte size: write "${amount}${prefix}B" (counted by 1000) or "${amount}${prefix}iB" (by 1024)`,
  );
}
