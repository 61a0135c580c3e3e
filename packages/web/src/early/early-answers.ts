interface EarlyAnswer {
  readonly authorization: string | undefined;
  readonly response: Promise<Response>;
}

/** What nobody has taken by then may no longer be true. */
const KEPT_MS_MAX = 30_000;
const waiting = new Map<string, EarlyAnswer>();

const keyOf = (method: string | undefined, address: string): string => `${method ?? "GET"} ${address}`;

/** Sends a request before there is anybody to read its answer; the first who sends the same one is given it. */
export function askEarly(address: string, init: RequestInit = {}): Promise<Response> {
  const headers = { accept: "application/json", ...(init.headers as Readonly<Record<string, string>> | undefined) };
  const signal = AbortSignal.timeout(KEPT_MS_MAX);
  const response = fetch(address, { ...init, headers, signal, redirect: "manual", cache: "no-store" });
  // Whoever sends it again hears of a failure.
  response.catch(() => undefined);
  const key = keyOf(init.method, address);
  waiting.set(key, { authorization: authorizationOf({ headers }), response });
  setTimeout(() => waiting.delete(key), KEPT_MS_MAX);
  return response;
}

/** Like `fetch`, but for what was asked for early by the same person: that answer is taken, once. */
export const fetchUnlessEarly: typeof fetch = async (input, init) => {
  if (typeof input !== "string") return fetch(input, init);
  const key = keyOf(init?.method, input);
  const early = waiting.get(key);
  waiting.delete(key);
  if (early === undefined || early.authorization !== authorizationOf(init)) return fetch(input, init);
  const response = await Promise.race([early.response.catch(() => undefined), rejectedBy(init?.signal)]);
  return response ?? fetch(input, init);
};

function rejectedBy(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted === true) reject(signal.reason as Error);
    signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}

function authorizationOf(init: RequestInit | undefined): string | undefined {
  return (init?.headers as Readonly<Record<string, string>> | undefined)?.authorization;
}
