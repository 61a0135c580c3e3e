import { once } from "node:events";
import { Readable } from "node:stream";
import { afterEach, expect, it, vi } from "vitest";
import { closeHttp } from "./connection-limits.ts";
import { createHttpFixture, type HttpFixture } from "./http.fixture.ts";
import type { HttpOptions } from "./http-server.ts";
import { dial as dialHttp, hangUpAll } from "./raw-client.fixture.ts";
import { bodyStream, readBody } from "./request-body.ts";
import { clientSignal, registerJsonRoutes, registerRawRoutes } from "./route-scopes.ts";

const fixtures: HttpFixture[] = [];

interface Held {
  readonly arrived: Promise<AbortSignal>;
  readonly release: () => void;
}

async function start(options: Partial<HttpOptions> = {}): Promise<HttpFixture & { readonly held: Held }> {
  const fixture = await createHttpFixture(options);
  fixtures.push(fixture);
  const arrived = Promise.withResolvers<AbortSignal>();
  const released = Promise.withResolvers<void>();
  registerRawRoutes(fixture.app, (routes) => {
    routes.put("/store", async (request) => {
      let length = 0;
      for await (const part of bodyStream(request)) length += (part as Buffer).length;
      return { length };
    });
    routes.put("/read", async (request) => (await readBody(request, { maxBytes: 100_000, timeoutMs: 50 })).length);
    routes.put("/held-body", async (request) => {
      await released.promise;
      let length = 0;
      for await (const part of bodyStream(request)) length += (part as Buffer).length;
      return { length };
    });
    routes.get("/endless", async (_request, reply) => {
      arrived.resolve(clientSignal(reply));
      return reply.type("application/octet-stream").send(Readable.from(endless()));
    });
    routes.put("/refuse", async (_request, reply) => reply.code(402).send({ error: { code: "INSUFFICIENT_CREDITS" } }));
  });
  registerJsonRoutes(fixture.app, (routes) => {
    routes.get("/held", async (_request, reply) => {
      arrived.resolve(clientSignal(reply));
      await released.promise;
      return { done: true };
    });
    routes.post("/json", async () => ({ done: true }));
  });
  await fixture.app.listen({ host: "127.0.0.1", port: 0 });
  return { ...fixture, held: { arrived: arrived.promise, release: () => released.resolve() } };
}

function* endless(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(1_000_000);
}

afterEach(async () => {
  hangUpAll();
  for (const { app } of fixtures.splice(0)) await app.close();
});

const dial = (fixture: HttpFixture) => dialHttp(fixture.app);

it("a refused upload is never sent by a client that waits for 100 Continue", async () => {
  const client = await dial(await start());
  client.send("PUT /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n");
  const answer = await client.until("INSUFFICIENT_CREDITS");
  expect(answer).toMatch(/^HTTP\/1\.1 402 /);
  expect(answer.toLowerCase()).toContain("connection: close");
  expect(answer).not.toContain("100 Continue");
  await client.ended;
});

it("a client that waits for 100 Continue is told to go ahead once the body is wanted", async () => {
  const client = await dial(await start());
  client.send("PUT /store HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  expect(await client.until("\r\n\r\n")).toBe("HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hello");
  expect(await client.until('{"length":5}')).toContain("HTTP/1.1 200 ");
});

it("JSON calls go ahead at once for a client that waits for 100 Continue", async () => {
  const client = await dial(await start());
  client.send("POST /json HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  await client.until("100 Continue");
  client.send("{}");
  await client.until('{"done":true}');
});

it("an early refusal reaches a client that is still sending, and the connection serves on", async () => {
  const client = await dial(await start());
  const body = "x".repeat(300_000);
  client.send(`POST /json HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 1000)}`);
  await client.until("BODY_TOO_LARGE");
  client.send(body.slice(1000));
  client.send("POST /json HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
  expect(await client.until('{"done":true}')).toMatch(/413 [\s\S]*200 OK/);
});

it("an upload that stands still is told so and cut", async () => {
  const client = await dial(await start({ idleTimeoutMs: 200 }));
  client.send("PUT /store HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe");
  await client.ended;
  expect(client.received()).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":"REQUEST_TIMEOUT"/);
});

it("a client that waits for a long answer is not cut", async () => {
  const fixture = await start({ idleTimeoutMs: 50 });
  const client = await dial(fixture);
  client.send("GET /held HTTP/1.1\r\nHost: x\r\n\r\n");
  const signal = await fixture.held.arrived;
  for (let i = 0; i < 3; i++) await once(fixture.app.server, "timeout", { signal: AbortSignal.timeout(5_000) });
  expect(signal.aborted).toBe(false);
  fixture.held.release();
  await client.until('{"done":true}');
});

it("a client that waits for 100 Continue while we make up our mind is not cut", async () => {
  const fixture = await start({ idleTimeoutMs: 50 });
  const client = await dial(fixture);
  client.send("PUT /held-body HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  for (let i = 0; i < 3; i++) await once(fixture.app.server, "timeout", { signal: AbortSignal.timeout(5_000) });
  fixture.held.release();
  await client.until("100 Continue");
  client.send("{}");
  await client.until('{"length":2}');
});

it("a client that does not read its answer is cut", async () => {
  const fixture = await start({ idleTimeoutMs: 100 });
  const client = await dial(fixture);
  client.socket.pause();
  client.send("GET /endless HTTP/1.1\r\nHost: x\r\n\r\n");
  const signal = await fixture.held.arrived;
  if (!signal.aborted) await once(signal, "abort", { signal: AbortSignal.timeout(5_000) });
});

it("headers that do not end in time are cut, however they come", async () => {
  const fixture = await start({ headersTimeoutMs: 100 });
  const [still, trickling] = await Promise.all([dial(fixture), dial(fixture)]);
  for (const client of [still, trickling]) client.send("GET /held HTTP/1.1\r\nHost: x\r\n");
  const trickle = setInterval(() => trickling.send("x"), 10);
  expect(await still.ended).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":"REQUEST_TIMEOUT"/);
  // What it sends after the end may cost it the answer.
  expect(await trickling.ended).toMatch(/^(HTTP\/1\.1 408 |$)/);
  clearInterval(trickle);
});

it("a body that trickles is cut in time", async () => {
  const client = await dial(await start());
  client.send("PUT /read HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
  const trickle = setInterval(() => client.send("x"), 5);
  expect(await client.until("REQUEST_TIMEOUT")).toMatch(/^HTTP\/1\.1 408 /);
  clearInterval(trickle);
});

it("headers that are too large or no HTTP at all are told so", async () => {
  const fixture = await start({ headersBytesMax: 8192 });
  const large = await dial(fixture);
  large.send(`GET / HTTP/1.1\r\nHost: x\r\nX-Large: ${"x".repeat(9000)}\r\n\r\n`);
  await large.ended;
  expect(large.received()).toMatch(/^HTTP\/1\.1 431 [\s\S]*"code":"HEADERS_TOO_LARGE"/);
  const nonsense = await dial(fixture);
  nonsense.send("hello there\r\n\r\n");
  await nonsense.ended;
  expect(nonsense.received()).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"INVALID_REQUEST"/);
});

it("a client that goes away aborts the signal of its request", async () => {
  const fixture = await start();
  const client = await dial(fixture);
  client.send("GET /held HTTP/1.1\r\nHost: x\r\n\r\n");
  const signal = await fixture.held.arrived;
  expect(signal.aborted).toBe(false);
  const aborted = once(signal, "abort");
  client.socket.destroy();
  await aborted;
  expect(signal.reason).toMatchObject({ code: "CLIENT_CLOSED" });
  await vi.waitFor(async () => {
    expect(await fixture.registry.metrics()).toContain("commonhold_http_requests_under_way 0");
  });
  expect(fixture.logLines.find((line) => line["route"] === "/held")).toMatchObject({ cut: true, status: 499 });
  fixture.held.release();
});

it("closing lets a request under way end, refuses new ones and closes idle connections", async () => {
  const fixture = await start();
  const late = await dial(fixture);
  late.send("POST /json HTTP/1.1\r\nHost: x\r\n");
  const idle = await dial(fixture);
  idle.send("POST /json HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
  await idle.until('{"done":true}');
  const busy = await dial(fixture);
  busy.send("GET /held HTTP/1.1\r\nHost: x\r\n\r\n");
  const signal = await fixture.held.arrived;
  const closed = closeHttp(fixture.app, { graceMs: 10_000 });
  await idle.ended;
  late.send("Content-Length: 2\r\n\r\n{}");
  expect(await late.until("SHUTTING_DOWN")).toMatch(/^HTTP\/1\.1 503 /);
  fixture.held.release();
  expect(await busy.until('{"done":true}')).toMatch(/connection: close/i);
  expect(signal.aborted).toBe(false);
  expect(await closed).toBe(true);
});

it("closing waits for no connection that was opened beforehand and never used", async () => {
  const fixture = await start();
  const accepted = once(fixture.app.server, "connection");
  const unused = await dial(fixture);
  await accepted;
  expect(await closeHttp(fixture.app, { graceMs: 10_000 })).toBe(true);
  await unused.ended;
});

it("closing cuts what does not end in time", async () => {
  const fixture = await start();
  const client = await dial(fixture);
  client.send("GET /held HTTP/1.1\r\nHost: x\r\n\r\n");
  const signal = await fixture.held.arrived;
  const aborted = once(signal, "abort");
  expect(await closeHttp(fixture.app, { graceMs: 50 })).toBe(false);
  await aborted;
  await client.ended;
  fixture.held.release();
});
