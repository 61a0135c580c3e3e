import Type, { type Static } from "typebox";
import type { ExplainedSetting } from "@commonhold/runtime/config.ts";
import { CreditBalanceSchema, creditBalanceView } from "../credits/credit-balance.ts";
import { CreditsText, Instant, instantText, MicroCreditsText, PageQuery } from "../http/route-schema.ts";
import type { LoggedAction } from "./admin-log.ts";
import type { Person } from "./people.ts";

export const PEOPLE_PER_PAGE_MAX = 200;

const RoleSchema = Type.Enum(["user", "operator", "admin"]);

export const PeopleQuerySchema = Type.Object({
  ...PageQuery,
  limit: Type.Integer({ minimum: 1, maximum: PEOPLE_PER_PAGE_MAX, default: 100, description: "Items on a page." }),
  q: Type.Optional(
    Type.String({ minLength: 1, maxLength: 254, description: "The beginning of the e-mail address, or a whole id." }),
  ),
  role: Type.Optional(RoleSchema),
});

export const PersonParams = Type.Object({
  id: Type.String({ format: "uuid", title: "the id of a user, as GET /api/v1/admin/users lists them" }),
});

export const PersonSchema = Type.Object(
  {
    id: Type.String({ format: "uuid" }),
    email: Type.String({ examples: ["ada@example.org"] }),
    name: Type.String(),
    role: RoleSchema,
    created_at: Instant("When the account was made."),
    disabled_at: Type.Union([Instant("Since when the account is shut."), Type.Null()]),
    credits: CreditBalanceSchema,
    stored_files: Type.Integer({ description: "Files that can be read, each version counted." }),
    stored_bytes: Type.Integer({ description: "What these are long together; a copy is not counted twice." }),
  },
  { description: "A person's account." },
);

export const RightsBody = Type.Object(
  {
    role: Type.Optional(RoleSchema),
    disabled: Type.Optional(Type.Boolean({ description: "true: every login ends and none is let in; files stay." })),
  },
  { minProperties: 1, additionalProperties: false, title: 'an object with "role", "disabled" or both' },
);

export const GrantBody = Type.Object({
  amount_microcredits: Type.String({
    pattern: "^[1-9][0-9]{0,17}$",
    title: "a whole number of micro-credits above zero, as text",
    description: "Millionths of credits.",
    examples: ["12500000"],
  }),
  reason: Type.String({ minLength: 1, maxLength: 512, description: "The person reads it in their history." }),
});

export const GrantSchema = Type.Object(
  {
    amount: CreditsText("What was given."),
    amount_microcredits: MicroCreditsText("The same in millionths."),
    repeated: Type.Boolean({ description: "It was booked before, under the same Idempotency-Key." }),
    balance: CreditBalanceSchema,
  },
  { description: "The credits are in the account." },
);

const PartySchema = (kinds: readonly string[], description: string) =>
  Type.Object(
    {
      kind: Type.Enum([...kinds]),
      id: Type.String({ description: "Of a job its name; empty for the whole network." }),
      name: Type.Union([Type.String(), Type.Null()], {
        description: "A person's e-mail address or a node's name, now.",
      }),
    },
    { description },
  );

const Details = Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]), {
  description: "Depends on the action.",
});

export const ActionSchema = Type.Object({
  id: Type.Integer(),
  at: Instant("When it was done."),
  actor: PartySchema(["user", "node"], "Who had it done; a node asks itself what it may part with."),
  action: Type.String({ examples: ["node.ban"] }),
  subject: PartySchema(["user", "node", "job", "network"], "What it was done to."),
  details: Details,
});

export const SettingsSchema = Type.Object(
  {
    items: Type.Array(
      Type.Object({
        name: Type.String({ examples: ["storage.copies"] }),
        value: Type.Unknown({ description: "null where there is none. Sizes are in bytes." }),
        source: Type.Enum(["default", "preset", "file", "environment", "option"], {
          description: "preset: what the program that started the coordinator gives in place of a default",
        }),
        where: Type.Union([Type.String(), Type.Null()], { description: "Which file, or which variable." }),
        description: Type.String(),
      }),
    ),
  },
  { description: "Every setting as it is in force. There are no secrets among them: these stand in files." },
);

export function personView(person: Person): Static<typeof PersonSchema> {
  return {
    id: person.id,
    email: person.email,
    name: person.name,
    role: person.role,
    created_at: instantText(person.createdAtMs),
    disabled_at: person.disabledAtMs === undefined ? null : instantText(person.disabledAtMs),
    credits: creditBalanceView(person.credits),
    stored_files: person.storedFiles,
    stored_bytes: person.storedBytes,
  };
}

export function actionView(action: LoggedAction): Static<typeof ActionSchema> {
  const { id, atMs, actor, subject, details } = action;
  return {
    id,
    at: instantText(atMs),
    actor: { ...actor, name: actor.name ?? null },
    action: action.action,
    subject: { ...subject, name: subject.name ?? null },
    details: { ...details },
  };
}

export function settingView({ name, value, origin, description }: ExplainedSetting) {
  return {
    name,
    value: typeof value === "string" ? withoutPassword(value) : (value ?? null),
    source: origin.kind,
    where: origin.where ?? null,
    description,
  };
}

/** An address may carry a name and a password. */
function withoutPassword(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, "$1…@");
}
