import { parseByteSize } from "@commonhold/core/byte-size.ts";
import { type TSchema, type TUnsafe, Type } from "typebox";

export interface ByteSizeOptions {
  readonly description: string;
  /** A number of bytes or "10GB". Without it, the setting must be given. */
  readonly default?: string | number;
  readonly minimum?: string | number;
  readonly maximum?: string | number;
}

const UNIT = "bytes";

/** A setting in bytes. People write "10GB", "512MiB" or a number; the program gets the number. */
export function ByteSize(options: ByteSizeOptions): TUnsafe<number> {
  return Type.Unsafe<number>({
    type: "integer",
    unit: UNIT,
    description: options.description,
    minimum: parseByteSize(options.minimum ?? 0),
    maximum: parseByteSize(options.maximum ?? Number.MAX_SAFE_INTEGER),
    ...(options.default !== undefined && { default: parseByteSize(options.default) }),
  });
}

export function isByteSize(schema: TSchema): boolean {
  return "unit" in schema && schema.unit === UNIT;
}
