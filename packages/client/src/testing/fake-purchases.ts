import { type Answer, errorAnswer, type FakeCall, json } from "./fake-call.ts";

/** Of every user. */
export const FAKE_BALANCE = {
  available: "10.5",
  reserved: "0",
  available_microcredits: "10500000",
  reserved_microcredits: "0",
};

const PROGRESS = /^\/api\/v1\/auth\/credits\/purchases\/([^/]+)$/;

/** Buying credits: done at once, or at a checkout where the state has one; undefined where the call is another. */
export function answerPurchases(call: FakeCall): Answer | undefined {
  const { method, path, state } = call;
  if (method === "POST" && path === "/api/v1/auth/credits/purchase") return purchase(call);
  const id = method === "GET" ? PROGRESS.exec(path)?.[1] : undefined;
  if (id === undefined) return undefined;
  const status = state.checkout?.shift();
  if (status === undefined) return errorAnswer(404, "NOT_FOUND", `there is no purchase ${id} of yours`);
  return { status: 200, body: { payment_id: id, status, balance: FAKE_BALANCE } };
}

function purchase(call: FakeCall): Answer {
  const { state } = call;
  const key = String(call.request.headers["idempotency-key"]);
  const { amount_usd: amount } = json(call) as { amount_usd: string };
  const bought = {
    payment_id: `payment-${state.purchases.size + 1}`,
    provider: "test",
    ...(state.checkout === undefined
      ? { status: "completed" }
      : { status: "pending", checkout_url: "https://pay.example.org/c/1", expires_at: "2030-01-01T00:00:00.000Z" }),
    amount_usd: amount,
    credits: amount,
    balance: FAKE_BALANCE,
  };
  if (!state.purchases.has(key)) state.purchases.set(key, bought);
  return { status: 201, body: state.purchases.get(key) as object };
}
