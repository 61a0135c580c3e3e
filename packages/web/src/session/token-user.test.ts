import { expect, it } from "vitest";
import { tokenUser } from "./token-user.ts";

const token = (payload: unknown) => `x.${Buffer.from(JSON.stringify(payload)).toString("base64url")}.y`;

it("tells whose a token is, and nothing of what is none", () => {
  expect(tokenUser(token({ sub: "ada", note: "ÿþ?>" }))).toBe("ada");
  for (const other of ["", "x", "a.b.c", token({ sub: 5 }), token(null)]) expect(tokenUser(other)).toBeUndefined();
});
