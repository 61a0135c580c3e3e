import { afterEach, expect, it, vi } from "vitest";
import { askEarly, fetchUnlessEarly } from "./early-answers.ts";

const ADDRESS = "https://here.example/api/v1/files";
const asked: string[] = [];

function answerWith(answer: () => Promise<Response>): void {
  vi.stubGlobal("fetch", (address: string) => {
    asked.push(address);
    return answer();
  });
}

afterEach(() => {
  asked.length = 0;
  vi.unstubAllGlobals();
});

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

it("gives what was asked for early to the first who asks the same, once", async () => {
  answerWith(async () => new Response("early"));
  void askEarly(ADDRESS, bearer("a"));
  expect(asked).toEqual([ADDRESS]);
  expect(await (await fetchUnlessEarly(ADDRESS, { method: "GET", ...bearer("a") })).text()).toBe("early");
  expect(asked).toHaveLength(1);
  await fetchUnlessEarly(ADDRESS, { method: "GET", ...bearer("a") });
  expect(asked).toHaveLength(2);
});

it("gives it to nobody else", async () => {
  answerWith(async () => new Response("of a"));
  void askEarly(ADDRESS, bearer("a"));
  answerWith(async () => new Response("of b"));
  expect(await (await fetchUnlessEarly(ADDRESS, { method: "GET", ...bearer("b") })).text()).toBe("of b");
});

it("asks anew where it failed", async () => {
  answerWith(() => Promise.reject(new TypeError("no network")));
  void askEarly(ADDRESS);
  answerWith(async () => new Response("late"));
  expect(await (await fetchUnlessEarly(ADDRESS, { method: "GET" })).text()).toBe("late");
});

it("is given up with the signal of who waits for it", async () => {
  let answer: (response: Response) => void = () => undefined;
  answerWith(() => new Promise((resolve) => (answer = resolve)));
  void askEarly(ADDRESS);
  const signal = AbortSignal.abort(new Error("left"));
  const waiting = fetchUnlessEarly(ADDRESS, { method: "GET", signal });
  await expect(waiting).rejects.toThrow("left");
  answer(new Response());
});
