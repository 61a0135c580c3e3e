import { expect, test } from "vitest";
import type { FakeCall } from "./testing/fake-call.ts";
import { type FakeCoordinator, startFakeCoordinator } from "./testing/fake-coordinator.ts";
import { createTestClient, failureOf } from "./testing/test-client.ts";

const HELLO = 'event: hello\ndata: {"topics":["files"],"heartbeat_ms":15000,"ends_at":"2026-01-01T00:00:00.000Z"}\n\n';
const files = (...ids: string[]) => `event: files\ndata: ${JSON.stringify({ ids, more: false })}\n\n`;

/** Answers a connection to the events in its own way, the first by the first of these and so on. */
function answerEvents(fake: FakeCoordinator, ...answers: ((call: FakeCall) => void)[]): void {
  fake.fault = (call) => {
    const answer = call.path === "/api/v1/events" ? answers.shift() : undefined;
    answer?.(call);
    return answer !== undefined;
  };
}
const stream =
  (...pieces: string[]) =>
  ({ response }: FakeCall) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const piece of pieces) response.write(piece);
    response.end();
  };

test("events come as they are told, however their bytes are cut; comments are none", async () => {
  await using fake = await startFakeCoordinator();
  const client = await createTestClient(fake);
  answerEvents(fake, stream(HELLO.slice(0, 9), `${HELLO.slice(9)}: still here\n`, `\n${files("f1", "é")}`));
  const events = client.events.watch();
  expect((await events.next()).value).toMatchObject({ kind: "hello", topics: ["files"] });
  const { value } = await events.next();
  expect(value).toEqual({ kind: "changed", topic: "files", ids: ["f1", "é"], more: false });
  await events.return(undefined as never);
});

test("a connection that ends, breaks or is refused for a while is made again", async () => {
  await using fake = await startFakeCoordinator();
  const client = await createTestClient(fake);
  const refused = ({ response }: FakeCall) => {
    const error = { code: "OVERLOADED", message: "not now", request_id: "r" };
    response.writeHead(503, { "content-type": "application/json", "retry-after": "0" }).end(JSON.stringify({ error }));
  };
  const broken = ({ response }: FakeCall) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(HELLO, () => response.destroy());
  };
  answerEvents(fake, stream(HELLO), broken, refused, refused, refused, refused, stream(HELLO, files("f2")));
  const kinds: string[] = [];
  for await (const event of client.events.watch(undefined, () => kinds.push("lost"))) {
    kinds.push(event.kind);
    if (event.kind === "changed") break;
  }
  const lost = kinds.filter((kind) => kind === "lost");
  expect(lost).toHaveLength(3);
  expect(kinds.slice(-2)).toEqual(["hello", "changed"]);
  expect(kinds.filter((kind) => kind === "changed")).toHaveLength(1);
  expect(fake.calls.filter((call) => call === "GET /api/v1/events")).toHaveLength(7);
});

test("the access token that ended is renewed", async () => {
  await using fake = await startFakeCoordinator();
  const client = await createTestClient(fake);
  for (const token of fake.state.accessTokens.values()) token.expired = true;
  let tokens = 0;
  fake.fault = (call) => {
    if (call.path !== "/api/v1/events") return false;
    tokens += 1;
    if (tokens === 1) return false;
    stream(HELLO)(call);
    return true;
  };
  const events = client.events.watch();
  expect((await events.next()).value).toMatchObject({ kind: "hello" });
  expect(fake.calls).toContain("POST /api/v1/auth/refresh");
  await events.return(undefined as never);
});

test.each([
  [403, "ACCOUNT_DISABLED"],
  [404, "NOT_FOUND"],
])("an answer %i that time does not mend ends it with %s", async (status, code) => {
  await using fake = await startFakeCoordinator();
  const client = await createTestClient(fake);
  answerEvents(fake, ({ response }) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify({ error: { code, message: "no", request_id: "r" } }));
  });
  expect(await failureOf(client.events.watch().next())).toMatchObject({ code });
});

test.each([
  ["data that are no JSON", "event: files\ndata: {\n\n"],
  ["data of another shape", 'event: files\ndata: {"ids":"f1"}\n\n'],
  ["something that never ends", "x".repeat(100_000)],
])("%s is refused", async (_, text) => {
  await using fake = await startFakeCoordinator();
  const client = await createTestClient(fake);
  answerEvents(fake, stream(HELLO, text));
  const events = client.events.watch();
  await events.next();
  expect(await failureOf(events.next())).toMatchObject({ code: "PROTOCOL_ERROR" });
});

test("whoever wants no more of it is let go at once", async () => {
  await using fake = await startFakeCoordinator();
  const client = await createTestClient(fake);
  answerEvents(fake, ({ response }) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(HELLO);
  });
  const enough = new AbortController();
  const events = client.events.watch(enough.signal);
  await events.next();
  const next = failureOf(events.next());
  enough.abort(new Error("enough"));
  expect((await next).message).toBe("enough");
});
