import { EventEmitter } from "node:events";
import { afterEach, expect, it } from "vitest";
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
  const fixture = await createHttpFixture({ connectionsPerAddressMax: 2, ...options });
  fixtures.push(fixture);
  registerJsonRoutes(fixture.app, (routes) => {
    routes.get("/here", async () => ({ here: true }));
  });
  await fixture.app.listen({ host: "127.0.0.1", port: 0 });
  return fixture;
}

const HERE = "GET /here HTTP/1.1\r\nHost: x\r\n\r\n";

it("closes an address's connections that are too many, until it has closed others", async () => {
  const { app, logLines } = await open();
  const first = await dial(app);
  const second = await dial(app);
  for (const client of [first, second]) {
    client.send(HERE);
    await client.until('{"here":true}');
  }
  for (let i = 0; i < 3; i++) expect(await (await dial(app)).ended).toBe("");
  expect(logLines.filter(({ msg }) => String(msg).includes("too many connections"))).toMatchObject([
    { remote_address: "127.0.0.1", max: 2, level: "warn" },
  ]);
  first.socket.destroy();
  await expect
    .poll(async () => {
      const third = await dial(app);
      third.send(HERE);
      return Promise.race([third.ended, third.until('{"here":true}').catch(() => "")]);
    })
    .toContain('{"here":true}');
});

it("lets a proxy on this machine have as many as it likes, where it is believed", async () => {
  const { app } = await open({ trustProxy: true });
  const clients = await Promise.all(Array.from({ length: 5 }, () => dial(app)));
  for (const client of clients) {
    client.send(HERE);
    await client.until('{"here":true}');
  }
});

/** A connection as the server is told of it. */
class FakeSocket extends EventEmitter {
  readonly remoteAddress: string;
  cut = false;
  constructor(remoteAddress: string) {
    super();
    this.remoteAddress = remoteAddress;
  }
  destroy(): void {
    this.cut = true;
    this.emit("close");
  }
}

it("counts an IPv6 /64 as one address, and every other IPv4 address for itself", async () => {
  const { app } = await open({ trustProxy: true });
  const limit = app.server.listeners("connection").at(-1);
  const cutOf = (...addresses: string[]) =>
    addresses.map((address) => {
      const socket = new FakeSocket(address);
      limit!.call(app.server, socket);
      return socket.cut;
    });
  expect(cutOf("2001:db8::1", "2001:db8::ffff:2", "2001:db8::3")).toEqual([false, false, true]);
  expect(cutOf("2001:db8:0:1::1", "fe80::1%eth0", "fe80::2%eth0", "fe80::3%eth0")).toEqual([false, false, false, true]);
  expect(cutOf("10.0.0.1", "::ffff:10.0.0.1", "10.0.0.1", "10.0.0.2")).toEqual([false, false, true, false]);
  expect(cutOf("::1", "127.0.0.1", "127.0.0.1", "127.0.0.1")).toEqual([false, false, false, false]);
});
