import type { FirstAccount } from "commonhold/network/local-network.ts";

/** Of the fifteen minutes that a token is good for. */
const RENEW_AFTER_MS = 120_000;

interface Status {
  readonly chunks: { readonly under_replicated: number };
  readonly handoffs: { readonly pending: number };
}

/** Calls to a coordinator beside those that are measured. */
export interface CoordinatorSession {
  /** A token that is at hand at once. */
  token(): string;
  /** Gets a new token unless this one is young: to be called where nothing is being measured. */
  renew(): Promise<void>;
  /** Whether every chunk has all its copies. */
  isSettled(): Promise<boolean>;
  /** What the API answers to a GET. */
  get<T>(path: string): Promise<T>;
}

export async function openCoordinatorSession(
  baseUrl: string,
  account: FirstAccount,
  signal: AbortSignal,
): Promise<CoordinatorSession> {
  let token = "";
  let renewedAtMs = Number.NEGATIVE_INFINITY;

  async function call<T>(path: string, init: RequestInit): Promise<T> {
    const answer = await fetch(`${baseUrl}${path}`, { ...init, signal });
    if (!answer.ok) throw new Error(`${path} was answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  async function renew(): Promise<void> {
    if (performance.now() - renewedAtMs < RENEW_AFTER_MS) return;
    const login = { method: "POST", body: JSON.stringify(account) };
    token = (await call<{ readonly access_token: string }>("/api/v1/auth/login", login)).access_token;
    renewedAtMs = performance.now();
  }

  await renew();
  const get = <T>(path: string): Promise<T> => call<T>(path, { headers: { authorization: `Bearer ${token}` } });
  return {
    token: () => token,
    renew,
    get,
    isSettled: async () => {
      const { chunks, handoffs } = await get<Status>("/api/v1/status");
      return chunks.under_replicated === 0 && handoffs.pending === 0;
    },
  };
}
