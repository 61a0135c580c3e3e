import { AppError } from "@commonhold/core/app-error.ts";
import type { ByteStream } from "@commonhold/core/byte-stream.ts";
import { expect } from "vitest";
import { createMemoryStreamPair } from "../memory-byte-stream.ts";

export const allow = () => {};
export const refuse = () => {
  throw new AppError("INVALID_GRANT", "no");
};

/** Runs both sides; the serving one must succeed. */
export async function exchange<T>(
  request: (stream: ByteStream) => Promise<T>,
  serve: (stream: ByteStream) => Promise<void>,
): Promise<T> {
  const [near, far] = createMemoryStreamPair();
  const [result, served] = await Promise.allSettled([request(near), serve(far)]);
  expect(served.status === "rejected" ? served.reason : undefined).toBeUndefined();
  if (result.status === "rejected") throw result.reason;
  return result.value;
}
