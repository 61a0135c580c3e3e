import { AppError } from "@commonhold/core/app-error.ts";
import { canonicalPassword } from "./password-hasher.ts";

const CHARACTERS_MIN = 10;
export const PASSWORD_BYTES_MAX = 1024;
export const PASSWORD_RULE = `text of at least ${CHARACTERS_MIN} characters and at most ${PASSWORD_BYTES_MAX} bytes`;

/**
 * Length is what counts (NIST SP 800-63B, 3.1.1.2): no rule asks for digits or signs.
 * @throws AppError INVALID_REQUEST
 */
export function checkNewPassword(password: string): void {
  const characters = [...password].length;
  const bytes = canonicalPassword(password).length;
  if (characters >= CHARACTERS_MIN && bytes <= PASSWORD_BYTES_MAX) return;
  const fault = bytes > PASSWORD_BYTES_MAX ? `has ${bytes} bytes` : `has ${characters} characters`;
  throw new AppError("INVALID_REQUEST", `body field "password" ${fault}: give ${PASSWORD_RULE}`, {
    details: { in: "body", field: "password", expected: PASSWORD_RULE },
  });
}
