import type { Answer } from "../api/api.ts";

export type Share = Answer<"GET /api/v1/shares">["items"][number];

const DAY_S = 86_400;
const DOWNLOADS_MAX = 1_000_000;

/** After how many seconds a link ends. */
const EXPIRIES_S = { day: DAY_S, week: 7 * DAY_S, month: 30 * DAY_S, never: undefined } as const;
export type Expiry = keyof typeof EXPIRIES_S;

/** As a person writes them. */
export interface WrittenTerms {
  readonly expiry: Expiry;
  readonly password: string;
  readonly downloads: string;
}

export const USUAL_TERMS: WrittenTerms = { expiry: "week", password: "", downloads: "" };

export interface ShareBody {
  readonly expires_in_s?: number;
  readonly password?: string;
  readonly downloads_max?: number;
}

/** As the coordinator takes them; undefined where the number of downloads is none. */
export function readTerms({ expiry, password, downloads }: WrittenTerms): ShareBody | undefined {
  const written = downloads.trim();
  const downloadsMax = /^\d{1,7}$/.test(written) ? Number(written) : 0;
  if (written !== "" && (downloadsMax < 1 || downloadsMax > DOWNLOADS_MAX)) return undefined;
  const expiresInS = EXPIRIES_S[expiry];
  return {
    ...(expiresInS === undefined ? {} : { expires_in_s: expiresInS }),
    ...(password === "" ? {} : { password }),
    ...(written === "" ? {} : { downloads_max: downloadsMax }),
  };
}

/** Whether it still leads somewhere. */
export function isUsable(share: Share, nowMs: number): boolean {
  const isOver = share.expires_at !== null && Date.parse(share.expires_at) <= nowMs;
  const isUsedUp = share.downloads_max !== null && share.downloads >= share.downloads_max;
  return !isOver && !isUsedUp && share.file_id !== null;
}

/** The whole address; of a sealed file it lacks the key, which only the link had. */
export function linkOf(share: Share): string {
  return `${location.origin}${share.url_path}`;
}
