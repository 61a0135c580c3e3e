import { Readable } from "node:stream";
import { AppError } from "@commonhold/core/app-error.ts";
import Type from "typebox";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHttpFixture, type HttpFixture } from "./http.fixture.ts";
import { bodyStream } from "./request-body.ts";
import { registerJsonRoutes, registerRawRoutes } from "./route-scopes.ts";
import { errorAnswers, PageQuery } from "./route-schema.ts";

let fixture: HttpFixture;

const Labels = Type.Record(Type.String(), Type.String());
const EchoBody = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 20 }),
  count: Type.Optional(Type.Integer({ minimum: 1 })),
  amount: Type.Optional(Type.Union([Type.Number(), Type.String()])),
  labels: Type.Optional(Labels),
});

beforeEach(async () => {
  fixture = await createHttpFixture();
  const { app } = fixture;
  registerJsonRoutes(app, (routes) => {
    routes.post("/echo", { schema: { body: EchoBody } }, async (request) => ({ got: request.body }));
    routes.get("/page", { schema: { querystring: Type.Object(PageQuery) } }, async (request) => request.query);
    routes.delete("/things/:id", async () => null);
    routes.post("/things/:id", async (request) => ({ body: request.body ?? null }));
    routes.get("/fail/:how", async (request) => {
      const { how } = request.params as { how: string };
      if (how === "app") throw new AppError("CHUNK_UNAVAILABLE", "no replica answered", { details: { amount: 5n } });
      throw new TypeError("the database said: password=hunter2hunter2");
    });
    const response = { 200: Type.Object({ ok: Type.Boolean() }), ...errorAnswers("FILE_NOT_FOUND") };
    routes.get("/typed", { schema: { response } }, async () => {
      throw new AppError("FILE_NOT_FOUND", "gone", { details: { file_id: "x" } });
    });
  });
  registerRawRoutes(app, (routes) => {
    routes.put("/raw/:name", async (request) => {
      let length = 0;
      for await (const part of bodyStream(request)) length += (part as Buffer).length;
      return { length, body: request.body ?? null, type: request.headers["content-type"] ?? null };
    });
  });
});

afterEach(() => fixture.app.close());

describe("JSON bodies", () => {
  it.each([
    "application/json",
    "application/x-www-form-urlencoded",
    "text/plain;charset=UTF-8",
    "multipart/form-data; boundary=x",
    "nonsense",
    "a/b/c",
    undefined,
  ])("are read when the Content-Type is %s", async (contentType) => {
    const answer = await fixture.app.inject({
      method: "POST",
      url: "/echo",
      payload: Buffer.from('{"name":"ä","labels":{"site":"home"}}'),
      headers: contentType === undefined ? {} : { "content-type": contentType },
    });
    expect(answer.json()).toEqual({ got: { name: "ä", labels: { site: "home" } } });
  });

  it.each([
    ['{"name":"a","count":"2"}', "count", "text of 1 characters", "a whole number, at least 1"],
    ['{"name":"a","count":0}', "count", "the number 0", "a whole number, at least 1"],
    ['{"name":7}', "name", "the number 7", "text of 1 to 20 characters"],
    ["{}", "name", "missing", "text of 1 to 20 characters"],
    ["", "name", "missing", "text of 1 to 20 characters"],
    ["[]", "", "a list of 0", "an object"],
    ['"x"', "", "text of 1 characters", "an object"],
    ['{"name":null}', "name", "null", "text of 1 to 20 characters"],
    ['{"name":"a","amount":{}}', "amount", "an object", "a number or text"],
    ['{"name":"a","labels":{"site":4}}', "labels.site", "the number 4", "text"],
  ])("%s is refused with the field, its type and what would be right", async (payload, field, received, expected) => {
    const answer = await fixture.app.inject({ method: "POST", url: "/echo", payload });
    expect(answer.statusCode).toBe(400);
    const { error } = answer.json();
    expect(error).toMatchObject({ code: "INVALID_REQUEST", details: { in: "body", field, received, expected } });
    expect(error.message).toContain(expected);
    expect(error.request_id).toBe(answer.headers["x-request-id"]);
  });

  it("names every wrong field", async () => {
    const payload = { name: 1, count: "x" };
    const answer = await fixture.app.inject({ method: "POST", url: "/echo", payload });
    const { problems } = answer.json().error.details;
    expect(problems.map((problem: { field: string }) => problem.field).sort()).toEqual(["count", "name"]);
  });

  it("are refused with the position of a mistake", async () => {
    const answer = await fixture.app.inject({ method: "POST", url: "/echo", payload: '{"name":}' });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error).toMatchObject({ code: "INVALID_REQUEST", details: { position: 8 } });
  });

  it("are refused when a key would reach a prototype", async () => {
    const payload = '{"name":"a","labels":{"__proto__":"x"}}';
    const answer = await fixture.app.inject({ method: "POST", url: "/echo", payload });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error.message).toContain("__proto__");
  });

  it.each([
    ["invalid UTF-8", Buffer.from([0x22, 0xff, 0x22]), {}],
    ["compressed", Buffer.from("x"), { "content-encoding": "gzip" }],
  ])("are refused when %s", async (_name, payload, headers) => {
    const answer = await fixture.app.inject({ method: "POST", url: "/echo", payload, headers });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error.code).toBe("INVALID_REQUEST");
  });

  it("are refused beyond 64 KiB, declared or not", async () => {
    const payload = JSON.stringify({ name: "x".repeat(65 * 1024) });
    const declared = await fixture.app.inject({ method: "POST", url: "/echo", payload });
    expect(declared.statusCode).toBe(413);
    expect(declared.json().error).toMatchObject({ code: "BODY_TOO_LARGE", details: { max_bytes: 65_536 } });
    const streamed = await fixture.app.inject({
      method: "POST",
      url: "/echo",
      headers: { "transfer-encoding": "chunked" },
      payload: Readable.from([payload]),
    });
    expect(streamed.statusCode).toBe(413);
  });

  it("may be missing where nothing is asked for", async () => {
    const headers = { "content-type": "application/json" };
    const answer = await fixture.app.inject({ method: "POST", url: "/things/1", headers });
    expect(answer.json()).toEqual({ body: null });
    const removed = await fixture.app.inject({ method: "DELETE", url: "/things/1", headers });
    expect(removed.statusCode).toBe(200);
  });
});

describe("raw bodies", () => {
  it("reach the route as a stream, whatever their type", async () => {
    const payload = Buffer.alloc(200_000, 1);
    const headers = { "content-type": "application/json" };
    const answer = await fixture.app.inject({ method: "PUT", url: "/raw/a%20b.txt", payload, headers });
    expect(answer.json()).toEqual({ length: 200_000, body: null, type: "application/json" });
  });

  it("take names as long as a file system's", async () => {
    const url = `/raw/${encodeURIComponent("ü".repeat(127))}`;
    expect((await fixture.app.inject({ method: "PUT", url, payload: "x" })).json().length).toBe(1);
  });
});

describe("queries", () => {
  it("are converted and have defaults", async () => {
    expect((await fixture.app.inject("/page?limit=7&cursor=abc")).json()).toEqual({ limit: 7, cursor: "abc" });
    expect((await fixture.app.inject("/page")).json()).toEqual({ limit: 100 });
  });

  it.each(["0", "1001", "-1", "1.5", "abc", ""])("refuse limit=%s", async (limit) => {
    const answer = await fixture.app.inject(`/page?limit=${limit}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error.details).toMatchObject({
      in: "query",
      field: "limit",
      expected: "a whole number from 1 to 1000",
    });
  });
});

describe("errors", () => {
  it("of an unknown address", async () => {
    const answer = await fixture.app.inject({ method: "POST", url: "/nowhere?token=secret", payload: "<x>" });
    expect(answer.statusCode).toBe(404);
    expect(answer.json().error).toMatchObject({ code: "NOT_FOUND", details: { path: "/nowhere" } });
    expect(answer.body).not.toContain("secret");
  });

  it.each(["GET", "PUT", "PATCH", "OPTIONS"] as const)(
    "of a method that the address does not take: %s",
    async (method) => {
      const answer = await fixture.app.inject({ method, url: "/things/5" });
      expect(answer.statusCode).toBe(405);
      expect(answer.headers.allow).toBe("DELETE, POST");
      expect(answer.json().error.code).toBe("METHOD_NOT_ALLOWED");
    },
  );

  it("of an address that is no valid text", async () => {
    const answer = await fixture.app.inject("/things/%ff");
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error.code).toBe("INVALID_REQUEST");
    expect(answer.headers["x-content-type-options"]).toBe("nosniff");
  });

  it("keep their code, status and details, with bigints as text", async () => {
    const answer = await fixture.app.inject("/fail/app");
    expect(answer.statusCode).toBe(503);
    expect(answer.headers["retry-after"]).toBe("1");
    expect(answer.json().error).toMatchObject({
      code: "CHUNK_UNAVAILABLE",
      message: "no replica answered",
      details: { amount: "5" },
    });
  });

  it("keep their details where the route has a schema for them", async () => {
    const answer = await fixture.app.inject("/typed");
    expect(answer.statusCode).toBe(404);
    expect(answer.json().error.details).toEqual({ file_id: "x" });
  });

  it("that nobody foresaw tell their cause to the log alone", async () => {
    const answer = await fixture.app.inject({ url: "/fail/other", headers: { "x-request-id": "trace-1" } });
    expect(answer.statusCode).toBe(500);
    expect(answer.json().error).toMatchObject({ code: "INTERNAL", request_id: "trace-1" });
    expect(answer.body).not.toContain("database");
    const logged = fixture.logLines.find((line) => line["level"] === "error");
    expect(logged).toMatchObject({ request_id: "trace-1", code: "INTERNAL" });
    expect(JSON.stringify(logged)).toContain("the database said");
  });
});

describe("every answer", () => {
  it("has the security headers and allows no other origin", async () => {
    for (const url of ["/page", "/nowhere", "/openapi.json"]) {
      const { headers } = await fixture.app.inject({ url, headers: { origin: "https://evil.example" } });
      expect(headers["x-content-type-options"]).toBe("nosniff");
      expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
      expect(headers["access-control-allow-origin"]).toBeUndefined();
    }
  });

  it("echoes a sane request id and replaces any other", async () => {
    const sane = await fixture.app.inject({ url: "/page", headers: { "x-request-id": "a-1_b.C" } });
    expect(sane.headers["x-request-id"]).toBe("a-1_b.C");
    for (const id of ["with space", "x".repeat(65), '"}{', ""]) {
      const { headers } = await fixture.app.inject({ url: "/page", headers: { "x-request-id": id } });
      expect(headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it("is logged once, without query or body", async () => {
    await fixture.app.inject({
      method: "POST",
      url: "/echo?token=secret-query",
      payload: { name: "secret-body" },
      headers: { authorization: "Bearer secret-header" },
    });
    const lines = fixture.logLines.filter((line) => line["msg"] === "Answered");
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ method: "POST", path: "/echo", route: "/echo", status: 200, level: "info" });
    expect(lines[0]).not.toHaveProperty("cut");
    expect(JSON.stringify(fixture.logLines)).not.toMatch(/secret-(query|body|header)/);
  });

  it("is logged without names of files, whether or not there is such an address", async () => {
    const id = "0190a0b0-0000-7000-8000-000000000000";
    const secret = `/${"s".repeat(5000)}ecret%20name`;
    await fixture.app.inject({ method: "PUT", url: "/raw/secret%20name" });
    await fixture.app.inject({ method: "POST", url: "/raw/secret%20name" });
    await fixture.app.inject({ method: "PUT", url: "/raw/secret%20name/of/mine" });
    await fixture.app.inject({ method: "POST", url: "/things/secret%20name" });
    await fixture.app.inject({ method: "POST", url: `/things/${id}` });
    await fixture.app.inject({ method: "PUT", url: secret });
    const lines = fixture.logLines.filter((line) => line["msg"] === "Answered");
    expect(lines.map(({ path, route, status }) => [path, route, status])).toEqual([
      ["/raw/*", "/raw/:name", 200],
      ["/raw/*", null, 405],
      ["/raw/*/*", null, 404],
      ["/things/*", "/things/:id", 200],
      [`/things/${id}`, "/things/:id", 200],
      ["/*", null, 404],
    ]);
    expect(lines.every((line) => typeof line["request_id"] === "string")).toBe(true);
  });

  it("is logged with the client's address, which only a near proxy may tell", async () => {
    const behindProxy = await createHttpFixture({ trustProxy: true });
    registerJsonRoutes(behindProxy.app, (routes) => {
      routes.get("/", async () => null);
    });
    const headers = { "x-forwarded-for": "198.51.100.7" };
    const addressFor = async ({ app, logLines }: HttpFixture, remoteAddress: string) => {
      await app.inject({ url: "/", headers, remoteAddress });
      return logLines.at(-1)?.["remote_address"];
    };
    expect(await addressFor(behindProxy, "10.0.0.2")).toBe("198.51.100.7");
    expect(await addressFor(behindProxy, "203.0.113.9")).toBe("203.0.113.9");
    expect(await addressFor(fixture, "10.0.0.2")).toBe("10.0.0.2");
    await behindProxy.app.close();
  });

  it("is counted by route template", async () => {
    await fixture.app.inject({ method: "POST", url: "/things/1" });
    await fixture.app.inject({ method: "POST", url: "/things/2" });
    await fixture.app.inject("/nowhere");
    const text = await fixture.registry.metrics();
    expect(text).toContain('commonhold_http_requests_total{method="POST",route="/things/:id",status="200"} 2');
    expect(text).toContain('commonhold_http_requests_total{method="GET",route="unknown",status="404"} 1');
    expect(text).toContain("commonhold_http_requests_under_way 0");
  });
});

describe("/docs", () => {
  it("is a page of this origin alone", async () => {
    const page = await fixture.app.inject("/docs");
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain("<title>Commonhold</title>");
    expect(page.headers["content-security-policy"]).toContain("script-src 'self'");
    const links = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? "");
    expect(links.length).toBeGreaterThan(3);
    for (const link of links) {
      expect(link).toMatch(/^\/docs\//);
      expect((await fixture.app.inject(link)).statusCode).toBe(200);
    }
    expect((await fixture.app.inject("/docs/json")).json().info.title).toBe("Commonhold");
  });

  it.each(["/docs/yaml", "/docs/%79aml"])("writes the document in no form that costs much: %s", async (url) => {
    const answer = await fixture.app.inject(url);
    expect([answer.statusCode, answer.json().error.code]).toEqual([404, "NOT_FOUND"]);
  });
});
