import { filesQuery, foldersQuery, knownSort, USUAL_SORT } from "../files/list-requests.ts";
import { BY_COOKIE, SESSION_LOCK } from "../session/cookie-session.ts";
import { exclusively } from "../session/exclusively.ts";
import { askEarly } from "./early-answers.ts";

const API = "/api/v1";

/**
 * Takes up the browser's session while the app's own script is on its way, and asks for what the address will show first.
 * All of it is only begun here: the app asks the same, and finds these answers.
 * @returns whether somebody is signed in
 */
export async function takeUpEarly({ origin, pathname, search }: Location): Promise<boolean> {
  const ask = (path: string, init?: RequestInit) => askEarly(`${origin}${API}${path}`, init);
  try {
    const renewed = await exclusively(SESSION_LOCK, () =>
      ask("/auth/refresh", {
        method: "POST",
        headers: { ...BY_COOKIE, "content-type": "application/json" },
        body: "{}",
      }),
    );
    if (!renewed.ok) {
      if (renewed.status === 401) void ask("/auth/trial-account");
      return false;
    }
    const { access_token: token } = (await renewed.clone().json()) as { readonly access_token: string };
    const headers = { authorization: `Bearer ${token}` };
    for (const path of shownFirst(pathname, search)) void ask(path, { headers });
    return true;
  } catch {
    // The app tries again, and says what is wrong.
    return false;
  }
}

/** Of the files at an address; other rooms ask by themselves. */
export function shownFirst(pathname: string, search: string): readonly string[] {
  const me = "/auth/me";
  const [, folder] = /^\/files\/(.+?)\/*$/.exec(pathname) ?? [];
  if (folder !== undefined) return [`/folders/at?${textOf({ path: `/${decodeURIComponent(folder)}` })}`, me];
  if (!/^\/(?:files\/*)?$/.test(pathname)) return [me];
  const sort = knownSort(new URLSearchParams(search).get("sort")) ?? USUAL_SORT;
  return [`/folders?${textOf(foldersQuery("root", null))}`, `/files?${textOf(filesQuery("root", sort, null))}`, me];
}

function textOf(query: Readonly<Record<string, string | number | boolean>>): string {
  return new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)])).toString();
}
