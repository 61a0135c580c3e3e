import { AppError } from "@commonhold/core/app-error.ts";

/** Bytes `start` to `end`, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

const RANGE = /^bytes=(\d*)-(\d*)$/;

/**
 * A Range header (RFC 9110, section 14) for a resource of `sizeBytes`. Several ranges, other units and malformed
 * headers are ignored, as the RFC allows: the whole is sent.
 * @throws AppError RANGE_NOT_SATISFIABLE when the range lies behind the end
 */
export function parseByteRange(header: string | undefined, sizeBytes: number): ByteRange | undefined {
  const match = header === undefined ? null : RANGE.exec(header.trim());
  if (match === null) return undefined;
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return undefined;
  if (first === "") {
    const suffix = Number(last);
    if (suffix === 0 || sizeBytes === 0) throw notSatisfiable(sizeBytes);
    return { start: Math.max(0, sizeBytes - suffix), end: sizeBytes - 1 };
  }
  const start = Number(first);
  const end = last === "" ? sizeBytes - 1 : Number(last);
  if (last !== "" && end < start) return undefined;
  if (start >= sizeBytes) throw notSatisfiable(sizeBytes);
  return { start, end: Math.min(end, sizeBytes - 1) };
}

function notSatisfiable(sizeBytes: number): AppError {
  return new AppError(
    "RANGE_NOT_SATISFIABLE",
    `the range lies behind the end of the file, which has ${sizeBytes} bytes`,
    {
      details: { size_bytes: sizeBytes },
    },
  );
}
