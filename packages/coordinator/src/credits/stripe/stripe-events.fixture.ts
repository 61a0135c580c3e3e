import type { Stripe } from "stripe";

/** A checkout session with every field that Stripe documents for a payment of one line, none of them left out. */
export type FakeSession = ReturnType<typeof newFakeSession>;

/** @param params as they came, one text a field: `line_items[0][quantity]` */
export function newFakeSession(number: number, params: Readonly<Record<string, string>>) {
  const id = `cs_test_a1${String(number).padStart(8, "0")}Fk3Xw9QpL2mZ`;
  const total = Number(params["line_items[0][price_data][unit_amount]"] ?? "0");
  const created = 1_767_225_600 + number;
  const metadata = Object.entries(params).flatMap(([field, value]) => {
    const key = /^metadata\[(\w+)\]$/.exec(field)?.[1];
    return key === undefined ? [] : [[key, value] as const];
  });
  return {
    id,
    object: "checkout.session" as const,
    adaptive_pricing: { enabled: false },
    after_expiration: null,
    allow_promotion_codes: false,
    amount_subtotal: total,
    amount_total: total as number | null,
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    billing_address_collection: null,
    cancel_url: params["cancel_url"] ?? null,
    client_reference_id: params["client_reference_id"] ?? null,
    client_secret: null,
    consent: null,
    created,
    currency: (params["line_items[0][price_data][currency]"] ?? "usd") as string | null,
    currency_conversion: null,
    custom_fields: [],
    customer: null,
    customer_creation: "if_required",
    customer_details: null as object | null,
    customer_email: null,
    discounts: [],
    expires_at: created + 86_400,
    invoice: null,
    invoice_creation: { enabled: false },
    livemode: false as boolean,
    locale: null,
    metadata: Object.fromEntries(metadata) as Record<string, string> | null,
    mode: "payment" as string,
    payment_intent: null as string | null,
    payment_link: null,
    payment_method_collection: "if_required",
    payment_method_types: ["card", "us_bank_account"],
    payment_status: "unpaid" as string,
    recovered_from: null,
    saved_payment_method_options: null,
    setup_intent: null,
    shipping_cost: null,
    shipping_options: [],
    status: "open" as string,
    submit_type: null,
    subscription: null,
    success_url: params["success_url"] ?? null,
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: "hosted_page",
    url: `https://checkout.stripe.com/c/pay/${id}` as string | null,
  };
}

/** What Stripe makes of a session once a card has paid it. */
export function paidSession(session: FakeSession): FakeSession {
  return {
    ...session,
    customer_details: { email: "ada@example.org", name: "Ada Example", phone: null, tax_exempt: "none", tax_ids: [] },
    payment_intent: `pi_3${session.id.slice(-12)}`,
    payment_status: "paid",
    status: "complete",
    url: null,
  };
}

/** Of a bank debit: the person is done, the money comes in days. */
export function processingSession(session: FakeSession): FakeSession {
  return { ...paidSession(session), payment_status: "unpaid" };
}

export function expiredSession(session: FakeSession): FakeSession {
  return { ...session, status: "expired", url: null };
}

let events = 0;

/** An event's body, as it is sent to a webhook. */
export function eventOf(type: string, object: object, fields: object = {}): string {
  events += 1;
  return JSON.stringify({
    id: `evt_1Test${String(events).padStart(16, "0")}`,
    object: "event",
    api_version: "2026-10-28.endive",
    created: 1_767_225_700 + events,
    data: { object },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
    ...fields,
  });
}

/** The header that Stripe would send with a body. */
export function signatureOf(
  webhooks: Pick<Stripe["webhooks"], "generateTestHeaderString">,
  payload: string,
  { secret, atMs }: { readonly secret: string; readonly atMs: number },
): string {
  return webhooks.generateTestHeaderString({ payload, secret, timestamp: Math.floor(atMs / 1000) });
}
