import { setImmediate } from "node:timers/promises";
import type { Readable } from "node:stream";
import { beforeEach, describe, expect, it } from "vitest";
import { SteppedTime } from "../repair/repair.fixture.ts";
import { EventHub, STREAMS_PER_USER_MAX } from "./event-hub.ts";
import { EVENT_HEARTBEAT_MS } from "./event-stream.ts";
import { ADMINS, EVERYONE, type EventTopic, onlyUser } from "./live-event.ts";

const HOUR_MS = 3_600_000;

let time: SteppedTime;
let hub: EventHub;
beforeEach(() => {
  time = new SteppedTime();
  hub = new EventHub({ clock: time, sleep: time.sleep }, { streamsMax: 15 });
});

const subscriber = (userId: string, role: "user" | "admin" = "user", forMs = HOUR_MS) => ({
  userId,
  role,
  untilMs: time.nowMs() + forMs,
});

/** Connects and takes whatever comes at once. */
function listen(userId: string, role?: "user" | "admin", forMs?: number) {
  const { readable } = hub.open(subscriber(userId, role, forMs));
  const texts: string[] = [];
  readable.on("data", (text: string) => texts.push(text));
  return { texts, readable };
}

const announce = (topic: EventTopic, audience: Parameters<typeof hub.announce>[0]["audience"], ...ids: string[]) =>
  hub.announce({ topic, audience, ids });

const filesText = (ids: readonly string[], more = false) => `event: files\ndata: ${JSON.stringify({ ids, more })}\n\n`;

describe("a connection", () => {
  it("is greeted with what it can hear of, and for how long", async () => {
    const [user, admin] = [listen("ada"), listen("eve", "admin")];
    await time.pass(0);
    const data = (topics: readonly string[]) => ({
      topics,
      heartbeat_ms: EVENT_HEARTBEAT_MS,
      ends_at: new Date(time.nowMs() + HOUR_MS).toISOString(),
    });
    const topics = ["files", "folders", "nodes", "repair", "credits"];
    expect(user.texts).toEqual([`event: hello\ndata: ${JSON.stringify(data(topics))}\n\n`]);
    expect(admin.texts[0]).toContain(JSON.stringify(["files", "folders", "nodes", "repair", "jobs", "credits"]));
  });

  it("hears at once, then four times a second at most, and of each thing once", async () => {
    const { texts } = listen("ada");
    await time.pass(1_000);
    announce("files", onlyUser("ada"), "f1");
    await time.pass(0);
    expect(texts.slice(1)).toEqual([filesText(["f1"])]);
    for (const id of ["f2", "f3", "f2"]) announce("files", onlyUser("ada"), id);
    await time.pass(249);
    expect(texts).toHaveLength(2);
    await time.pass(1);
    expect(texts.slice(2)).toEqual([filesText(["f2", "f3"])]);
  });

  it("is told no more ids than a hundred, and that there were more", async () => {
    const { texts } = listen("ada");
    await time.pass(0);
    const ids = Array.from({ length: 101 }, (_, index) => `f${index}`);
    hub.announce({ topic: "files", audience: onlyUser("ada"), ids });
    await time.pass(300);
    expect(texts[1]).toBe(filesText(ids.slice(0, 100), true));
  });

  it("hears what concerns it, and nothing of others", async () => {
    const [ada, bob, eve] = [listen("ada"), listen("bob"), listen("eve", "admin")];
    await time.pass(0);
    announce("files", onlyUser("ada"), "secret");
    announce("jobs", ADMINS, "repair");
    announce("nodes", EVERYONE, "n1");
    await time.pass(300);
    const topics = ({ texts }: { readonly texts: readonly string[] }) =>
      [
        ...texts
          .slice(1)
          .join("")
          .matchAll(/event: (\w+)/g),
      ]
        .map(([, topic]) => topic)
        .sort();
    expect(topics(ada)).toEqual(["files", "nodes"]);
    expect(topics(bob)).toEqual(["nodes"]);
    expect(topics(eve)).toEqual(["jobs", "nodes"]);
    expect([...bob.texts, ...eve.texts].join("")).not.toContain("secret");
  });

  it("gets a sign of life where nothing happens", async () => {
    const { texts } = listen("ada");
    await time.pass(2 * EVENT_HEARTBEAT_MS);
    expect(texts.slice(1)).toEqual([": still here\n\n", ": still here\n\n"]);
  });

  it("ends with its access token, after what was still to tell", async () => {
    const { texts, readable } = listen("ada", "user", 1_000);
    await time.pass(999);
    expect(readable.readableEnded).toBe(false);
    announce("files", onlyUser("ada"), "last");
    await time.pass(1);
    expect(readable.readableEnded).toBe(true);
    expect(texts.at(-1)).toBe(filesText(["last"]));
    expect(hub.count).toBe(0);
  });

  it("ends when its user's rights change, and only then", async () => {
    const [ada, bob] = [listen("ada"), listen("bob")];
    await time.pass(0);
    hub.endOf("ada");
    await time.pass(0);
    expect([ada.readable.readableEnded, bob.readable.readableEnded]).toEqual([true, false]);
  });
});

describe("a reader that takes nothing", () => {
  async function stalled(): Promise<Readable> {
    const { readable } = hub.open(subscriber("ada"));
    // The greeting is read ahead, and the next waits to be taken.
    readable.read(0);
    await time.pass(0);
    return readable;
  }

  it("makes nothing grow: changes gather by their topics", async () => {
    const readable = await stalled();
    for (let index = 0; index < 50; index++) {
      announce("files", onlyUser("ada"), `f${index % 5}`);
      await time.pass(250);
    }
    expect(readable.readableLength).toBeLessThanOrEqual(2);
    const texts: string[] = [];
    readable.on("data", (text: string) => texts.push(text));
    await time.pass(0);
    const last = texts.at(-1);
    expect(JSON.parse(last!.split("data: ")[1]!).ids.toSorted()).toEqual(["f0", "f1", "f2", "f3", "f4"]);
    expect(texts.length).toBeLessThanOrEqual(4);
  });

  it("is cut off in the end", async () => {
    const readable = await stalled();
    const failed = new Promise((resolve) => readable.once("error", resolve));
    announce("files", onlyUser("ada"), "f1");
    await time.pass(300);
    announce("files", onlyUser("ada"), "f2");
    await time.pass(31_000);
    expect(readable.destroyed).toBe(false);
    announce("files", onlyUser("ada"), "f3");
    await time.pass(300);
    expect(await failed).toMatchObject({ code: "CLIENT_CLOSED" });
    await setImmediate();
    expect(hub.count).toBe(0);
  });
});

describe("the number of connections", () => {
  it("is limited for a user, and free again when one goes", async () => {
    const streams = Array.from({ length: STREAMS_PER_USER_MAX }, () => hub.open(subscriber("ada")));
    expect(() => hub.open(subscriber("ada"))).toThrow(expect.objectContaining({ code: "TOO_MANY_REQUESTS" }));
    expect(hub.count).toBe(STREAMS_PER_USER_MAX);
    streams[0]!.readable.destroy();
    await setImmediate();
    hub.open(subscriber("ada"));
    expect(hub.count).toBe(STREAMS_PER_USER_MAX);
  });

  it("is limited in all", () => {
    for (let index = 0; index < 15; index++) hub.open(subscriber(`user${index}`));
    expect(() => hub.open(subscriber("ada"))).toThrow(expect.objectContaining({ code: "OVERLOADED" }));
  });

  it("is none once the hub is closed", async () => {
    const { readable } = listen("ada");
    await time.pass(0);
    hub.close();
    await time.pass(0);
    expect(readable.readableEnded).toBe(true);
    expect(() => hub.open(subscriber("ada"))).toThrow(expect.objectContaining({ code: "SHUTTING_DOWN" }));
  });
});
