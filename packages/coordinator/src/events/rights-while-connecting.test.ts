import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { AppError } from "@commonhold/core/app-error.ts";
import type { UserId } from "@commonhold/core/ids.ts";
import type { Role } from "@commonhold/metadata/tables.ts";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createHttpFixture } from "../http/http.fixture.ts";
import type { Http } from "../http/http-server.ts";
import { setPrincipal } from "../http/principal.ts";
import { SteppedTime } from "../repair/repair.fixture.ts";
import { EventHub } from "./event-hub.ts";
import { registerEventRoutes } from "./event-routes.ts";

let app: Http;
let hub: EventHub;
/** What is found each time that the rights are read. */
let rights: (Role | "shut")[];
/** Before they are read anew. */
let meanwhile: (connection: Socket) => Promise<unknown>;
beforeEach(async () => {
  meanwhile = async () => undefined;
  const time = new SteppedTime();
  hub = new EventHub({ clock: time, sleep: time.sleep }, { streamsMax: 9 });
  app = (await createHttpFixture()).app;
  registerEventRoutes(app, {
    events: hub,
    requireUser: async (request) => {
      if (hub.count > 0) await meanwhile(request.raw.socket);
      const role = rights.shift()!;
      if (role === "shut") throw new AppError("ACCOUNT_DISABLED", "this account is shut");
      setPrincipal(request, { kind: "user", userId: "ada" as UserId, role, untilMs: time.nowMs() + 1e6 });
    },
  });
});
afterEach(() => app.close());

it("a role that changes while its connection is being made does not keep it open", async () => {
  rights = ["admin", "user"];
  const answer = await app.inject("/api/v1/events");
  expect(answer.statusCode).toBe(200);
  expect(answer.body).toMatch(/^event: hello\n[^\n]*\n\n$/);
  await expect.poll(() => hub.count).toBe(0);
});

it("an account that is shut while its connection is being made has none", async () => {
  rights = ["user", "shut"];
  const answer = await app.inject("/api/v1/events");
  expect([answer.statusCode, answer.json().error.code]).toEqual([403, "ACCOUNT_DISABLED"]);
  await expect.poll(() => hub.count).toBe(0);
});

it("a connection that is gone while it is being made is counted no longer", async () => {
  rights = ["user", "user"];
  const gone = new AbortController();
  let isGone = false;
  meanwhile = async (connection) => {
    const closed = once(connection, "close");
    gone.abort();
    await closed;
    isGone = true;
  };
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  await expect(fetch(`http://127.0.0.1:${port}/api/v1/events`, { signal: gone.signal })).rejects.toThrow();
  await expect.poll(() => [isGone, hub.count]).toEqual([true, 0]);
});
