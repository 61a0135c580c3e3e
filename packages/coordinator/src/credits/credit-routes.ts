import { formatCredits } from "@commonhold/core/credits.ts";
import Type, { type Static } from "typebox";
import type { Authentication } from "../http/authentication.ts";
import { createAttemptLimit, type LimitedRequest } from "../http/attempt-limit.ts";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import type { Http } from "../http/http-server.ts";
import { checkIdempotencyKey, IDEMPOTENCY_KEY, IdempotencyHeaders } from "../http/idempotency-key.ts";
import { currentNode, currentUser, principalOf } from "../http/principal.ts";
import {
  BY_ACCESS_TOKEN,
  BY_NODE_KEY,
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
import { CreditBalanceSchema, creditBalanceView, NodeEarningsSchema, nodeEarningsView } from "./credit-balance.ts";
import type { CreditMovement, CreditService } from "./credit-service.ts";
import { formatUsd, parseUsdCents } from "./usd-amount.ts";

export interface CreditRoutesDeps {
  readonly authentication: Pick<Authentication, "requireUser" | "requireNode">;
  readonly credits: CreditService;
}

export interface CreditRoutesOptions {
  readonly purchasesPerUserPerHourMax: number;
}

const HISTORY = "credits";
const HOUR_MS = 3_600_000;
const LOOKS_PER_USER_PER_MINUTE_MAX = 120;

const PurchaseBody = Type.Object({
  amount_usd: Type.Union([Type.Number(), Type.String({ maxLength: 40 })], {
    description: "Dollars with at most two decimals, as a number or decimal text.",
    examples: [10, "2.50"],
  }),
});

const PurchaseSchema = Type.Object(
  {
    payment_id: Type.String(),
    provider: Type.String({ examples: ["local"] }),
    status: Type.Enum(["completed", "pending"], {
      description: "completed: the credits are in the account; pending: once it is paid at checkout_url.",
    }),
    checkout_url: Type.Optional(Type.String({ description: "Where the person pays; only while it is pending." })),
    expires_at: Type.Optional(Instant("Until when it can be paid there; only while it is pending.")),
    amount_usd: Type.String({ examples: ["10.00"] }),
    credits: CreditsText("What is bought."),
    balance: CreditBalanceSchema,
  },
  { description: "The purchase as it stands." },
);

const ProgressSchema = Type.Object(
  {
    payment_id: Type.String(),
    status: Type.Enum(["completed", "pending", "processing", "failed", "expired"], {
      description:
        "completed: the credits are in the account · pending: not paid yet · processing: the bank takes its time · " +
        "failed, expired: nothing was paid and nothing will be.",
    }),
    balance: CreditBalanceSchema,
  },
  { description: "How a purchase stands." },
);

const MovementSchema = Type.Object({
  id: Type.String(),
  kind: Type.String({ examples: ["purchase", "welcome", "reserve", "release", "settle"] }),
  description: Type.String(),
  reference: Type.String({ description: "What it is about: a payment, an upload, a file." }),
  amount: CreditsText("Negative: less is available after it."),
  amount_microcredits: MicroCreditsText("The same in millionths."),
  created_at: Instant("When it was booked."),
});

const NodeBalanceSchema = Type.Object(
  {
    node_id: Type.String(),
    ...NodeEarningsSchema.properties,
    earned_microcredits: MicroCreditsText("The same in millionths."),
    pending_microcredits: MicroCreditsText("The same in millionths."),
    paid_microcredits: MicroCreditsText("The same in millionths."),
  },
  { description: "What the calling node has earned." },
);

export function registerCreditRoutes(app: Http, deps: CreditRoutesDeps, options: CreditRoutesOptions): void {
  registerJsonRoutes(app, (routes) => {
    registerPurchase(routes, deps, options);
    registerPurchaseProgress(routes, deps);
    registerHistory(routes, deps);
    registerNodeBalance(routes, deps);
  });
}

function registerPurchase(routes: Http, deps: CreditRoutesDeps, options: CreditRoutesOptions): void {
  const perUser = createAttemptLimit(routes, {
    max: options.purchasesPerUserPerHourMax,
    windowMs: HOUR_MS,
    what: "purchases of this account",
    key: userOf,
  });
  routes.post("/api/v1/auth/credits/purchase", {
    onRequest: deps.authentication.requireUser,
    preHandler: (request) => perUser.take(request),
    schema: {
      operationId: "purchaseCredits",
      tags: [TAGS.credits],
      summary: "Buy credits",
      description: "With an Idempotency-Key, the same request sent again buys only once.",
      security: BY_ACCESS_TOKEN,
      headers: IdempotencyHeaders,
      body: PurchaseBody,
      response: {
        201: PurchaseSchema,
        ...errorAnswers(
          ...(["INVALID_REQUEST", "UNAUTHENTICATED", "TOKEN_EXPIRED", "TOO_MANY_REQUESTS"] as const),
          ...(["PAYMENT_REFUSED", "PAYMENT_UNAVAILABLE", "OVERLOADED"] as const),
        ),
      },
    },
    handler: async (request, reply) => {
      const purchase = await deps.credits.purchase({
        userId: currentUser(request).userId,
        amountUsdCents: parseUsdCents(request.body.amount_usd),
        idempotencyKey: checkIdempotencyKey(request.headers["idempotency-key"]),
      });
      return reply.code(201).send({
        payment_id: purchase.paymentId,
        provider: purchase.provider,
        status: purchase.status,
        ...(purchase.status === "pending"
          ? { checkout_url: purchase.checkoutUrl, expires_at: instantText(purchase.expiresAtMs) }
          : {}),
        amount_usd: formatUsd(purchase.amountUsdCents),
        credits: formatCredits(purchase.microCredits),
        balance: creditBalanceView(purchase.balance),
      });
    },
  });
}

function registerPurchaseProgress(routes: Http, deps: CreditRoutesDeps): void {
  const perUser = createAttemptLimit(routes, {
    max: LOOKS_PER_USER_PER_MINUTE_MAX,
    windowMs: 60_000,
    what: "looks at purchases by this account",
    key: userOf,
  });
  routes.get("/api/v1/auth/credits/purchases/:payment_id", {
    onRequest: deps.authentication.requireUser,
    preHandler: (request) => perUser.take(request),
    schema: {
      operationId: "getPurchase",
      tags: [TAGS.credits],
      summary: "How a purchase of yours stands",
      description: "Where it was paid and the provider's word of it did not come, this call books it.",
      security: BY_ACCESS_TOKEN,
      params: Type.Object({ payment_id: Type.String({ pattern: IDEMPOTENCY_KEY.source, maxLength: 255 }) }),
      response: {
        200: ProgressSchema,
        ...errorAnswers(
          ...(["INVALID_REQUEST", "UNAUTHENTICATED", "TOKEN_EXPIRED", "NOT_FOUND", "TOO_MANY_REQUESTS"] as const),
          ...(["PAYMENT_UNAVAILABLE", "OVERLOADED"] as const),
        ),
      },
    },
    handler: async (request) => {
      const { payment_id } = request.params;
      const { status, balance } = await deps.credits.purchaseProgress(currentUser(request).userId, payment_id);
      return { payment_id, status, balance: creditBalanceView(balance) };
    },
  });
}

function userOf(request: LimitedRequest): string {
  const principal = principalOf(request);
  return principal?.kind === "user" ? principal.userId : request.ip;
}

function registerHistory(routes: Http, deps: CreditRoutesDeps): void {
  routes.get("/api/v1/credits/history", {
    onRequest: deps.authentication.requireUser,
    schema: {
      operationId: "listCreditMovements",
      tags: [TAGS.credits],
      summary: "What came into your account and what left it, newest first",
      security: BY_ACCESS_TOKEN,
      querystring: Type.Object(PageQuery),
      response: {
        200: listOf(MovementSchema, "A page of movements."),
        ...errorAnswers("INVALID_REQUEST", "INVALID_CURSOR", "UNAUTHENTICATED", "TOKEN_EXPIRED"),
      },
    },
    handler: async (request) => {
      const { limit, cursor } = request.query;
      const before = cursor === undefined ? undefined : decodeCursor(cursor, HISTORY, ["number"])[0];
      const { movements, hasMore } = await deps.credits.history(currentUser(request).userId, { limit, before });
      const last = movements.at(-1);
      return {
        items: movements.map(movementView),
        next_cursor: hasMore && last !== undefined ? encodeCursor(HISTORY, [last.entryId]) : null,
      };
    },
  });
}

function movementView(movement: CreditMovement): Static<typeof MovementSchema> {
  return {
    id: String(movement.entryId),
    kind: movement.kind,
    description: movement.description,
    reference: movement.reference,
    amount: formatCredits(movement.microCredits),
    amount_microcredits: movement.microCredits.toString(),
    created_at: instantText(movement.createdAtMs),
  };
}

function registerNodeBalance(routes: Http, deps: CreditRoutesDeps): void {
  routes.get("/api/v1/balance", {
    onRequest: deps.authentication.requireNode,
    schema: {
      operationId: "nodeBalance",
      tags: [TAGS.credits],
      summary: "What the calling node has earned",
      security: BY_NODE_KEY,
      response: { 200: NodeBalanceSchema, ...errorAnswers("UNAUTHENTICATED", "NOT_A_MEMBER") },
    },
    handler: async (request) => {
      const { nodeId } = currentNode(request);
      const earnings = await deps.credits.nodeEarnings(nodeId);
      return {
        node_id: nodeId,
        ...nodeEarningsView(earnings),
        earned_microcredits: earnings.earned.toString(),
        pending_microcredits: earnings.pending.toString(),
        paid_microcredits: earnings.paid.toString(),
      };
    },
  });
}
