import { formatCredits } from "@commonhold/core/credits.ts";
import type { UserId } from "@commonhold/core/ids.ts";
import Type, { type Static } from "typebox";
import type { Authentication } from "../http/authentication.ts";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import type { Http } from "../http/http-server.ts";
import { currentUser } from "../http/principal.ts";
import {
  BY_ACCESS_TOKEN,
  CreditsText,
  errorAnswers,
  Instant,
  instantText,
  listOf,
  MicroCreditsText,
  PageQuery,
  TAGS,
} from "../http/route-schema.ts";
import { registerJsonRoutes } from "../http/route-scopes.ts";
import { creditNotice } from "./credit-notice.ts";
import type { ChargedDay, CreditStanding, CreditStandings } from "./credit-standing.ts";
import { gbDaysText } from "./gb-days.ts";

export interface CreditStandingRoutesDeps {
  readonly authentication: Pick<Authentication, "requireUser">;
  readonly standings: Pick<CreditStandings, "of" | "daysOf">;
  readonly creditsPerUsd: number;
}

const DAYS = "credit-days";
/** Of a page of its own there are more. */
const DAYS_SHOWN = 31;

const orNull = <Schema extends ReturnType<typeof Instant>>(schema: Schema) => Type.Union([schema, Type.Null()]);

const ChargedDaySchema = Type.Object({
  day: Type.String({ examples: ["2026-01-31"] }),
  byte_ms: Type.String({ description: "Bytes of all copies times milliseconds, exactly." }),
  gb_days: Type.String({ description: "GB (10⁹ bytes) of all copies, kept for a day.", examples: ["1.5"] }),
  price: CreditsText("For a GB and month."),
  charged: CreditsText("GB-days × price ÷ 30, rounded up to a millionth."),
  charged_microcredits: MicroCreditsText("The same in millionths."),
});

const CreditStandingSchema = Type.Object(
  {
    state: Type.Enum(["ok", "low", "in_grace", "stopped"], {
      description:
        "low: less than a week is left · in_grace: there is debt, and all goes on for a while · stopped: new uploads are refused. Nothing is ever deleted for want of credits.",
    }),
    notice: Type.Union([Type.String(), Type.Null()], {
      description: "What to know and to do, where there is something.",
    }),
    available: CreditsText("What can be spent."),
    reserved: CreditsText("What is set aside for uploads under way."),
    prepaid: CreditsText("What was paid in advance for files: each day is charged to it first."),
    debt: CreditsText("What is owed."),
    available_microcredits: MicroCreditsText("The same in millionths."),
    reserved_microcredits: MicroCreditsText("The same in millionths."),
    prepaid_microcredits: MicroCreditsText("The same in millionths."),
    debt_microcredits: MicroCreditsText("The same in millionths."),
    arrears_since: orNull(Instant("Since when there is debt.")),
    uploads_stop_at: orNull(Instant("When new uploads are refused, where the debt is not paid by then.")),
    last_day: Type.Union([ChargedDaySchema, Type.Null()], {
      description: "The last day that was charged; null where nothing was stored in it.",
    }),
    days: Type.Array(ChargedDaySchema, {
      description: "The last 31 days that were charged, newest first; GET /api/v1/credits/days has all of them.",
    }),
    credits_per_usd: Type.Integer({ minimum: 1, description: "What a dollar buys.", examples: [100] }),
    lasts_until: orNull(
      Instant(
        "Until when available and prepaid credits last, if each day costs as much; null where nothing is charged.",
      ),
    ),
  },
  { description: "How the caller stands with credits." },
);

export function registerCreditStandingRoutes(app: Http, deps: CreditStandingRoutesDeps): void {
  registerJsonRoutes(app, (routes) => {
    registerStanding(routes, deps);
    registerDays(routes, deps);
  });
}

function registerStanding(routes: Http, deps: CreditStandingRoutesDeps): void {
  const { authentication, standings, creditsPerUsd } = deps;
  routes.get("/api/v1/credits", {
    onRequest: authentication.requireUser,
    schema: {
      operationId: "creditStanding",
      tags: [TAGS.credits],
      summary: "How you stand with credits, and how long they last",
      security: BY_ACCESS_TOKEN,
      response: { 200: CreditStandingSchema, ...errorAnswers("UNAUTHENTICATED", "TOKEN_EXPIRED") },
    },
    handler: async (request) => {
      const userId = currentUser(request).userId as UserId;
      const days = await standings.daysOf(userId, { limit: DAYS_SHOWN });
      return { ...standingView(await standings.of(userId), days), credits_per_usd: creditsPerUsd };
    },
  });
}

function registerDays(routes: Http, { authentication, standings }: CreditStandingRoutesDeps): void {
  routes.get("/api/v1/credits/days", {
    onRequest: authentication.requireUser,
    schema: {
      operationId: "listChargedDays",
      tags: [TAGS.credits],
      summary: "What you were charged for storage, day by day, newest first",
      description:
        "Each day is charged to what was prepaid first: so it need not stand in the history of what can be spent. Days are kept for 400 days.",
      security: BY_ACCESS_TOKEN,
      querystring: Type.Object(PageQuery),
      response: {
        200: listOf(ChargedDaySchema, "A page of days."),
        ...errorAnswers("INVALID_REQUEST", "INVALID_CURSOR", "UNAUTHENTICATED", "TOKEN_EXPIRED"),
      },
    },
    handler: async (request) => {
      const { limit, cursor } = request.query;
      const before = cursor === undefined ? undefined : decodeCursor(cursor, DAYS, ["text"])[0];
      const userId = currentUser(request).userId as UserId;
      const days = await standings.daysOf(userId, { before, limit: limit + 1 });
      const page = days.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map(dayView),
        next_cursor: days.length > limit && last !== undefined ? encodeCursor(DAYS, [last.day]) : null,
      };
    },
  });
}

function standingView(
  standing: CreditStanding,
  days: readonly ChargedDay[],
): Omit<Static<typeof CreditStandingSchema>, "credits_per_usd"> {
  const { available, reserved, prepaid, debt, lastDay } = standing;
  return {
    state: standing.state,
    notice: creditNotice(standing),
    available: formatCredits(available),
    reserved: formatCredits(reserved),
    prepaid: formatCredits(prepaid),
    debt: formatCredits(debt),
    available_microcredits: available.toString(),
    reserved_microcredits: reserved.toString(),
    prepaid_microcredits: prepaid.toString(),
    debt_microcredits: debt.toString(),
    arrears_since: instantOrNull(standing.arrearsSinceMs),
    uploads_stop_at: instantOrNull(standing.uploadsStopAtMs),
    last_day: lastDay === undefined ? null : dayView(lastDay),
    days: days.map(dayView),
    lasts_until: instantOrNull(standing.lastsUntilMs),
  };
}

function dayView({ day, byteMs, price, charged }: ChargedDay): Static<typeof ChargedDaySchema> {
  return {
    day,
    byte_ms: byteMs.toString(),
    gb_days: gbDaysText(byteMs),
    price: formatCredits(price),
    charged: formatCredits(charged),
    charged_microcredits: charged.toString(),
  };
}

function instantOrNull(atMs: number | undefined): string | null {
  return atMs === undefined ? null : instantText(atMs);
}
