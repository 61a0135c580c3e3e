import { AppError } from "@commonhold/core/app-error.ts";

/** @throws AppError INTERNAL unless `bytes` has exactly `length` bytes: a caller's mistake, not a person's */
export function requireLength(what: string, bytes: Uint8Array, length: number): void {
  if (bytes.length === length) return;
  throw new AppError("INTERNAL", `${what} has ${bytes.length} bytes, it must have ${length}`);
}
