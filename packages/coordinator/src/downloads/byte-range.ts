import { AppError } from "@commonhold/core/app-error.ts";

/** Bytes `start` to `end`, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

const RANGE = /^bytes=(\d*)-(\d*)$/i;

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
  const size = BigInt(sizeBytes);
  // Exact, as the header's numbers may be beyond 2^53.
  const [start, end] =
    first === ""
      ? [larger(size - BigInt(last), 0n), size - 1n]
      : [BigInt(first), last === "" ? size - 1n : BigInt(last)];
  if (first !== "" && last !== "" && end < start) return undefined;
  if (start >= size) throw notSatisfiable(sizeBytes);
  return { start: Number(start), end: Math.min(Number(end), sizeBytes - 1) };
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
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
