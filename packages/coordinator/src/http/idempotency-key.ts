import { AppError } from "@commonhold/core/app-error.ts";
import Type from "typebox";

export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** Headers of a call that, sent again with the same key, is done only once. */
export const IdempotencyHeaders = Type.Object({
  "idempotency-key": Type.Optional(Type.String({ description: "1 to 255 printable characters of your choice." })),
});

/** @throws AppError INVALID_REQUEST */
export function checkIdempotencyKey(key: string | undefined): string | undefined {
  if (key === undefined || IDEMPOTENCY_KEY.test(key)) return key;
  throw new AppError("INVALID_REQUEST", "header Idempotency-Key is no 1 to 255 printable ASCII characters", {
    details: { in: "header", field: "idempotency-key" },
  });
}
