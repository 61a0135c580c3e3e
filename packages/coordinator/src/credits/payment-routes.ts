import { AppError } from "@commonhold/core/app-error.ts";
import Type from "typebox";
import type { Http } from "../http/http-server.ts";
import { type BodyLimits, readBody, requirePlainBody } from "../http/request-body.ts";
import { errorAnswers, TAGS } from "../http/route-schema.ts";
import { registerRawRoutes } from "../http/route-scopes.ts";
import type { PaymentNotices } from "./payment-notices.ts";
import { RETURN_PATH } from "./stripe/stripe-payment-provider.ts";

/** Events about checkout sessions have some 5 KB. */
const NOTICE_LIMITS: BodyLimits = { maxBytes: 64 * 1024, timeoutMs: 10_000 };

const RETURN_TEXTS = {
  paid: "Thank you. The credits are in your account once the payment is confirmed, mostly within seconds.\n",
  cancelled: "Nothing was paid. You may close this page, or go back and pay.\n",
} as const;

/** What Stripe and browsers that come from it call; registered only where Stripe takes the payments. */
export function registerPaymentRoutes(app: Http, deps: { readonly notices: PaymentNotices }): void {
  registerRawRoutes(app, (routes) => {
    registerWebhook(routes, deps.notices);
    registerReturn(routes);
  });
}

function registerWebhook(routes: Http, notices: PaymentNotices): void {
  routes.post("/api/v1/payments/stripe/webhook", {
    schema: {
      operationId: "receiveStripeEvent",
      tags: [TAGS.credits],
      summary: "For Stripe: what became of payments",
      description: "The body is an event, signed in the header Stripe-Signature with the endpoint's signing secret.",
      response: {
        200: Type.Object({ received: Type.Literal(true) }, { description: "It need not be sent again." }),
        ...errorAnswers("INVALID_REQUEST", "BODY_TOO_LARGE", "REQUEST_TIMEOUT", "STORAGE_FAILURE"),
      },
    },
    handler: async (request) => {
      const signature = request.headers["stripe-signature"];
      if (typeof signature !== "string" || signature === "") {
        throw new AppError("INVALID_REQUEST", "header Stripe-Signature is missing: only Stripe calls this", {
          details: { in: "header", field: "stripe-signature" },
        });
      }
      requirePlainBody(request);
      await notices.receive(await readBody(request, NOTICE_LIMITS), signature);
      return { received: true as const };
    },
  });
}

function registerReturn(routes: Http): void {
  routes.get(RETURN_PATH, {
    schema: {
      operationId: "returnFromPayment",
      tags: [TAGS.credits],
      summary: "Where the browser comes back to from the checkout",
      querystring: Type.Object({
        outcome: Type.Enum(["paid", "cancelled"], { default: "cancelled" }),
      }),
      produces: ["text/plain"],
      response: { 200: Type.String({ description: "A word for the person." }), ...errorAnswers("INVALID_REQUEST") },
    },
    handler: async (request, reply) =>
      reply.type("text/plain; charset=utf-8").send(RETURN_TEXTS[request.query.outcome]),
  });
}
