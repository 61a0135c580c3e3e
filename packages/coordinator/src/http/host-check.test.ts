import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { isLoopback } from "./host-check.ts";
import { createHttpFixture, type HttpFixture } from "./http.fixture.ts";
import type { HttpOptions } from "./http-server.ts";
import { dial, hangUpAll } from "./raw-client.fixture.ts";
import { registerJsonRoutes } from "./route-scopes.ts";

const fixtures: HttpFixture[] = [];
afterEach(async () => {
  hangUpAll();
  for (const { app } of fixtures.splice(0)) await app.close();
});

async function open(options: Partial<HttpOptions> = {}): Promise<HttpFixture> {
  const fixture = await createHttpFixture({ hostNames: ["storage.example.org", "Box"], ...options });
  fixtures.push(fixture);
  registerJsonRoutes(fixture.app, (routes) => {
    routes.get("/here", async () => ({ here: true }));
  });
  return fixture;
}

const ask = async ({ app }: HttpFixture, host: string, remoteAddress = "127.0.0.1") =>
  app.inject({ url: "/here", headers: { host }, remoteAddress });

it.each([
  "localhost",
  "localhost:8080",
  "LOCALHOST.:80",
  "127.0.0.1:8080",
  "127.9.9.9",
  "192.168.1.7:8080",
  "[::1]:8080",
  "[2001:db8::1]",
  "storage.example.org",
  "Storage.Example.org:443",
  "box:8080",
  "",
])("answers this machine as %j", async (host) => {
  expect((await ask(await open(), host)).statusCode).toBe(200);
});

it.each([
  "evil.example",
  "evil.example:8080",
  "localhost.evil.example",
  "127.0.0.1.nip.io:8080",
  "storage.example.org.evil.example",
  "a.localhost.example:1",
  "::1",
  "[evil.example]",
  "127.0.0.1:80@evil.example",
])("refuses this machine as %j, as a page behind DNS rebinding would have it ask", async (host) => {
  const fixture = await open();
  for (const remote of ["127.0.0.1", "127.0.1.1", "::1", "::ffff:127.0.0.1"]) {
    const answer = await ask(fixture, host, remote);
    expect([remote, answer.statusCode, answer.json().error.code]).toEqual([remote, 400, "INVALID_REQUEST"]);
  }
  expect((await ask(fixture, host)).json().error.message).toContain("http.allowed_hosts");
});

it("shows little of a name that is not known", async () => {
  const { details } = (await ask(await open(), `${"x".repeat(5000)}.example`)).json().error;
  expect(details.host).toBe("x".repeat(100));
});

it.each(["10.0.0.2", "203.0.113.9", "2001:db8::7", "::ffff:203.0.113.9"])(
  "asks no caller at %s by which name it knows us",
  async (remote) => {
    expect((await ask(await open(), "evil.example", remote)).statusCode).toBe(200);
  },
);

it("takes every name from a proxy on this machine that is believed", async () => {
  expect((await ask(await open({ trustProxy: true }), "upstream")).statusCode).toBe(200);
});

it("looks at the socket, not at what a header says of the caller", async () => {
  const { app } = await open();
  const headers = { host: "evil.example", "x-forwarded-for": "203.0.113.9", "x-forwarded-host": "localhost" };
  expect((await app.inject({ url: "/here", headers })).statusCode).toBe(400);
});

it("holds on a real socket, for addresses that are not there too; what has no Host is no page", async () => {
  const fixture = await open();
  await fixture.app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = fixture.app.server.address() as AddressInfo;
  const statusOf = (path: string, host: string) =>
    new Promise((resolve, reject) => {
      request({ host: "127.0.0.1", port, path, headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end();
    });
  expect(await statusOf("/here", "evil.example")).toBe(400);
  expect(await statusOf("/nowhere", "evil.example")).toBe(400);
  expect(await statusOf("/here", `localhost:${port}`)).toBe(200);
  const old = await dial(fixture.app);
  old.send("GET /here HTTP/1.0\r\n\r\n");
  expect(await old.ended).toMatch(/^HTTP\/1\.1 200 /);
  expect(fixture.logLines.filter((line) => line["status"] === 400)).toHaveLength(2);
});

it.each([
  ["127.0.0.1", true],
  ["127.255.0.3", true],
  ["::1", true],
  ["::ffff:127.0.0.1", true],
  ["::ffff:10.0.0.1", false],
  ["128.0.0.1", false],
  ["::2", false],
  ["fe80::1%eth0", false],
  ["", false],
])("%j is this machine: %s", (address, expected) => {
  expect(isLoopback(address)).toBe(expected);
});
