import { ERROR_CODES, type ErrorCode } from "@commonhold/core/error-codes.ts";
import Type, { type TSchema } from "typebox";

/** Names of the groups in the API's document. */
export const TAGS = {
  accounts: "Accounts",
  credits: "Credits",
  files: "Files",
  shares: "Shares",
  uploads: "Uploads",
  nodes: "Nodes",
  operations: "Operations",
  administration: "Administration",
} as const;

/** For `security` in a route's schema: the caller shows an access token. */
export const BY_ACCESS_TOKEN = [{ accessToken: [] }] as const;
/** For `security` in a route's schema: the caller shows a node's API key. */
export const BY_NODE_KEY = [{ nodeKey: [] }, { nodeKeyAsBearer: [] }] as const;

const ErrorAnswer = Type.Object({
  error: Type.Object({
    code: Type.String({ description: "Stable: a program may branch on it.", examples: ["INVALID_REQUEST"] }),
    message: Type.String({ description: "What went wrong, with which value, and what to do." }),
    details: Type.Optional(Type.Object({}, { additionalProperties: true, description: "Depends on the code." })),
    request_id: Type.String({ description: "The coordinator's log has the request under this id." }),
  }),
});

/** Without types of their own: a handler returns what succeeds and throws what fails. */
type ErrorAnswers = Readonly<Record<never, TSchema>>;

/**
 * For `response` in a route's schema: the errors that the route can answer, by status. INTERNAL and SHUTTING_DOWN
 * are added, as every route can answer them, and ACCOUNT_DISABLED beside TOKEN_EXPIRED.
 */
export function errorAnswers(...codes: readonly ErrorCode[]): ErrorAnswers {
  const byStatus = new Map<number, ErrorCode[]>();
  const ofSession: readonly ErrorCode[] = codes.includes("TOKEN_EXPIRED") ? ["ACCOUNT_DISABLED"] : [];
  for (const code of [...codes, ...ofSession, "INTERNAL", "SHUTTING_DOWN"] as const) {
    const { status } = ERROR_CODES[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const answers: Record<string, TSchema> = {};
  for (const [status, statusCodes] of [...byStatus].sort(([a], [b]) => a - b)) {
    answers[status] = { ...ErrorAnswer, description: [...new Set(statusCodes)].join(", ") };
  }
  return answers;
}

/** An instant as ISO 8601 text in UTC. */
export const Instant = (description: string) =>
  Type.String({ description, format: "date-time", examples: ["2026-01-31T12:00:00.000Z"] });

/** Micro-credits as whole-number text, beside the same amount in credits. */
export const MicroCreditsText = (description: string) => Type.String({ description, examples: ["12500000"] });

export const CreditsText = (description: string) => Type.String({ description, examples: ["12.5"] });

export const NoContent = (description: string) => Type.Null({ description });

/** `limit` and `cursor` of every list. */
export const PageQuery = {
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100, description: "Items on a page." }),
  cursor: Type.Optional(
    Type.String({ maxLength: 4096, description: "next_cursor of the page before; without it, the first page." }),
  ),
};

export function listOf<Item extends TSchema>(item: Item, description: string) {
  return Type.Object(
    {
      items: Type.Array(item),
      next_cursor: Type.Union([Type.String(), Type.Null()], {
        description: "Pass it as cursor to get the next page; null on the last one.",
      }),
    },
    { description },
  );
}

/** Milliseconds since 1970 as the API shows an instant. */
export function instantText(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
