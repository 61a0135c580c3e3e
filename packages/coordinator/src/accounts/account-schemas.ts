import Type, { type Static } from "typebox";
import { type CreditBalance, creditBalanceView, CreditBalanceSchema } from "../credits/credit-balance.ts";
import { Instant, instantText } from "../http/route-schema.ts";
import type { UserRecord } from "./account-creation.ts";
import type { Session, Tokens } from "./account-service.ts";
import type { LoginSession } from "./login-sessions.ts";
import { PASSWORD_BYTES_MAX, PASSWORD_RULE } from "./password-rules.ts";

const NAME_LENGTH_MAX = 200;
const OPAQUE_TOKEN_LENGTH_MAX = 512;

const Email = Type.String({
  minLength: 3,
  maxLength: 320,
  description: "Upper and lower case are the same.",
  examples: ["ada@example.org"],
});

const NewPassword = Type.String({
  maxLength: PASSWORD_BYTES_MAX,
  description: `Give ${PASSWORD_RULE}.`,
  examples: ["correct horse battery staple"],
});

export const RegisterBody = Type.Object({
  email: Email,
  password: NewPassword,
  name: Type.Optional(
    Type.String({
      maxLength: NAME_LENGTH_MAX,
      pattern: "^[^\\u0000-\\u001f\\u007f\\p{Cs}]*$",
      title: `text of at most ${NAME_LENGTH_MAX} printable characters`,
      description: "What others see; without it, the part of the e-mail before the @.",
      examples: ["Ada Lovelace"],
    }),
  ),
});

export const LoginBody = Type.Object({
  email: Email,
  password: Type.String({ maxLength: PASSWORD_BYTES_MAX, examples: ["correct horse battery staple"] }),
});

const RefreshToken = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: OPAQUE_TOKEN_LENGTH_MAX, description, examples: ["chr_…"] }));

export const RefreshTokenBody = Type.Object({ refresh_token: RefreshToken("Left out where it comes by cookie.") });

export const PasswordBody = Type.Object({
  current_password: Type.String({ maxLength: PASSWORD_BYTES_MAX }),
  new_password: NewPassword,
  refresh_token: RefreshToken("Of the login that stays signed in; left out where it comes by cookie."),
});

export const EndedSchema = Type.Object(
  { ended: Type.Integer({ description: "How many logins there were." }) },
  { description: "Done." },
);

/** For the headers of calls that take or give a refresh token. */
export const SessionHeaders = Type.Object({
  "x-commonhold-session": Type.Optional(
    Type.String({
      description: "cookie: the refresh token goes by an HttpOnly cookie and not by bodies. For pages of this origin.",
    }),
  ),
});

const userFields = {
  id: Type.String({ format: "uuid" }),
  email: Type.String({ examples: ["ada@example.org"] }),
  name: Type.String(),
  role: Type.Union([Type.Literal("user"), Type.Literal("operator"), Type.Literal("admin")]),
  created_at: Instant("When the account was made."),
};

const tokenFields = {
  access_token: Type.String({ description: "For Authorization: Bearer; a JWT." }),
  refresh_token: Type.Optional(
    Type.String({ description: "Buys the next pair of tokens, once. Left out where it goes by cookie." }),
  ),
  token_type: Type.Literal("Bearer"),
  expires_in: Type.Integer({ description: "Seconds until the access token expires.", examples: [900] }),
};

export const SessionSchema = Type.Object(
  { user: Type.Object(userFields), ...tokenFields },
  { description: "Signed in." },
);
export const TokensSchema = Type.Object(tokenFields, { description: "The next pair of tokens." });
export const AccountSchema = Type.Object(
  { ...userFields, credits: CreditBalanceSchema },
  { description: "The signed-in user." },
);

export function sessionView(session: Session, isByCookie: boolean): Static<typeof SessionSchema> {
  return { user: userView(session.user), ...tokensView(session, isByCookie) };
}

export function tokensView(tokens: Tokens, isByCookie: boolean): Static<typeof TokensSchema> {
  return {
    access_token: tokens.accessToken,
    ...(isByCookie ? {} : { refresh_token: tokens.refreshToken }),
    token_type: "Bearer",
    expires_in: tokens.expiresInS,
  };
}

export function accountView(user: UserRecord, balance: CreditBalance): Static<typeof AccountSchema> {
  return { ...userView(user), credits: creditBalanceView(balance) };
}

function userView(user: UserRecord) {
  return {
    id: user.id,
    email: user.email,
    name: user.name,
    role: user.role,
    created_at: instantText(user.createdAtMs),
  };
}

export const LoginSessionsSchema = Type.Object(
  {
    items: Type.Array(
      Type.Object({
        id: Type.String({ format: "uuid" }),
        began_at: Instant("When the person signed in."),
        renewed_at: Instant("When it was in use last, to within the life of an access token."),
        ends_at: Instant("When it ends by itself unless it is used before."),
        is_current: Type.Boolean({ description: "Of the cookie that came with the call." }),
      }),
    ),
  },
  { description: "The logins that are open, the latest used first." },
);

export function loginSessionView(session: LoginSession, isCurrent: boolean) {
  return {
    id: session.id,
    began_at: instantText(session.beganAtMs),
    renewed_at: instantText(session.renewedAtMs),
    ends_at: instantText(session.endsAtMs),
    is_current: isCurrent,
  };
}
