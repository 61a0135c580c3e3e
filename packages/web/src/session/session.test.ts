import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createSession, type Session } from "./session.ts";

const ORIGIN = "https://here.example";
const reload = vi.fn();
const asked: string[] = [];
/** Whose the browser's cookie is. */
let cookieOf = "anna";
/** Whose access tokens have run out. */
const expired = new Set<string>();
const tabs: BroadcastChannel[] = [];

const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });
const tokenOf = (user: string) => `x.${btoa(JSON.stringify({ sub: user })).replaceAll("=", "")}.x`;

async function answer(address: string, init: RequestInit = {}): Promise<Response> {
  const { authorization = "" } = init.headers as Readonly<Record<string, string>>;
  asked.push(`${init.method} ${new URL(address).pathname} ${authorization}`.trim());
  if (/\/auth\/(?:refresh|login)$/.test(address)) return json({ access_token: tokenOf(cookieOf) });
  if (expired.has(authorization)) return json({ error: { code: "TOKEN_EXPIRED", message: "it has run out" } }, 401);
  return json({});
}

beforeEach(() => {
  cookieOf = "anna";
  expired.clear();
  asked.length = 0;
  reload.mockReset();
  vi.stubGlobal("location", { origin: ORIGIN, reload });
  vi.stubGlobal("fetch", answer);
  // Those of one test do not hear those of another.
  vi.stubGlobal(
    "BroadcastChannel",
    class extends BroadcastChannel {
      constructor(name: string) {
        super(name);
        tabs.push(this);
      }
    },
  );
});
afterEach(() => {
  for (const tab of tabs.splice(0)) tab.close();
  vi.unstubAllGlobals();
});

const createFolder = (session: Session) =>
  session.api("POST /api/v1/folders", { body: { name: "Diary", parent_id: null } });

it("sends nothing of one person with the token of another, who signed in in another tab", async () => {
  const session = createSession();
  await session.start();
  expect(session.userId()).toBe("anna");
  const states: string[] = [];
  session.subscribe(() => states.push(session.state()));
  expired.add(`Bearer ${tokenOf("anna")}`);
  cookieOf = "bert";
  await expect(createFolder(session)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  expect(asked.filter((each) => each.includes(tokenOf("bert")))).toEqual([]);
  // What is of the first is forgotten before the page is loaded anew: a browser may ask whether it may be.
  expect(states).toEqual(["signed-out"]);
  expect(session.userId()).toBeUndefined();
  await expect.poll(() => reload.mock.calls.length).toBe(1);
});

it("is told at once where another person has signed in in another tab", async () => {
  const session = createSession();
  await session.start();
  cookieOf = "bert";
  const other = createSession();
  await other.signIn({ email: "bert@here.example", password: "secret" });
  await expect.poll(() => reload.mock.calls.length).toBe(1);
  expect(session.state()).toBe("signed-out");
  expect(other.state()).toBe("signed-in");
});

it("goes on where the same person has signed in in another tab", async () => {
  const session = createSession();
  await session.start();
  asked.length = 0;
  const other = createSession();
  await other.signIn({ email: "anna@here.example", password: "secret" });
  await expect.poll(() => asked.filter((each) => each.includes("/auth/refresh"))).toHaveLength(1);
  await createFolder(session);
  expect(session.state()).toBe("signed-in");
  expect(reload).not.toHaveBeenCalled();
});
