import { afterEach, beforeEach, expect, it } from "vitest";
import { createHttpFixture, type HttpFixture } from "./http.fixture.ts";
import { dial, hangUpAll } from "./raw-client.fixture.ts";
import { WAITING_MAX } from "./requests-in-turn.ts";
import { registerJsonRoutes } from "./route-scopes.ts";

let fixture: HttpFixture;
/** What was begun, in order. */
let begun: string[];
let release: () => void;
beforeEach(async () => {
  fixture = await createHttpFixture();
  begun = [];
  const released = Promise.withResolvers<void>();
  release = () => released.resolve();
  registerJsonRoutes(fixture.app, (routes) => {
    routes.get("/held", async () => {
      begun.push("held");
      await released.promise;
      return { held: true };
    });
    routes.get<{ Params: { readonly number: string } }>("/next/:number", async ({ params }) => {
      begun.push(params.number);
      return { next: Number(params.number) };
    });
  });
  await fixture.app.listen({ host: "127.0.0.1", port: 0 });
});
afterEach(async () => {
  release();
  hangUpAll();
  await fixture.app.close();
});

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, number) => number);
const next = (count: number): string =>
  numbers(count)
    .map((number) => get(`/next/${number}`))
    .join("");

it("a request is begun once the answer before it has gone out, and all are answered in order", async () => {
  const client = await dial(fixture.app);
  client.send(get("/held") + next(WAITING_MAX));
  const other = await dial(fixture.app);
  other.send(get("/next/100"));
  await other.until('{"next":100}');
  expect(begun).toEqual(["held", "100"]);
  release();
  const answers = await client.until(`{"next":${WAITING_MAX - 1}}`);
  expect([...answers.matchAll(/\{"next":(\d+)\}/g)].map(([, number]) => Number(number))).toEqual(numbers(WAITING_MAX));
});

it("a connection on which too many wait is closed, and none of them is begun", async () => {
  const client = await dial(fixture.app);
  client.send(get("/held") + next(1_000));
  expect(await client.ended).toBe("");
  expect(begun).toEqual(["held"]);
  expect(fixture.logLines.map(({ msg }) => msg)).toContain("A connection has too many requests waiting: it is closed");
  const other = await dial(fixture.app);
  other.send(next(2));
  await other.until('{"next":1}');
});
