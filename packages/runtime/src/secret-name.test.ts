import { describe, expect, it } from "vitest";
import { isSecretName } from "./secret-name.ts";

describe("isSecretName", () => {
  it.each(["password", "refreshToken", "X-API-Key", "Set-Cookie", "masterKey", "db_passphrase", "join_token"])(
    "hides %s, also when asked again",
    (name) => {
      expect([isSecretName(name), isSecretName(name)]).toEqual([true, true]);
    },
  );

  it.each(["tokens", "token_count", "chunk_key", "name", "", "passwords"])(
    "shows %j, also when asked again",
    (name) => {
      expect([isSecretName(name), isSecretName(name)]).toEqual([false, false]);
    },
  );

  it("answers the same after more names than it remembers, and for long ones", () => {
    for (let index = 0; index < 3000; index++) {
      expect([isSecretName(`field_${index}`), isSecretName(`f${index}_token`)]).toEqual([false, true]);
    }
    const long = "a".repeat(1000);
    expect([isSecretName(long), isSecretName(`${long}_secret`)]).toEqual([false, true]);
    expect([isSecretName("password"), isSecretName("name")]).toEqual([true, false]);
  });
});
