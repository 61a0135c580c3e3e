import { AppError } from "@commonhold/core/app-error.ts";
import type { ErrorCode } from "@commonhold/core/error-codes.ts";
import { beforeEach, expect, it } from "vitest";
import type { LinkStream, OpenOptions, PeerLink } from "./peer-link.ts";
import { createPreferredLink } from "./preferred-link.ts";
import { SILENT_LOGGER } from "./testing/host-harness.ts";

const SECOND = 1000;
const target = { peerId: "peer", addresses: ["any"] };
const options = (): OpenOptions => ({ signal: new AbortController().signal, timeoutMs: 10 * SECOND });

let nowMs: number;
let knows: boolean;
let fails: { fast?: ErrorCode; universal?: ErrorCode };
let opened: string[];
let link: PeerLink;

beforeEach(() => {
  nowMs = 0;
  knows = true;
  fails = {};
  opened = [];
  const lane = (name: "fast" | "universal"): PeerLink => ({
    peerId: "self",
    addresses: () => [name],
    open: async () => {
      opened.push(name);
      const code = fails[name];
      if (code !== undefined) throw new AppError(code, `${name} fails`);
      return { remotePeerId: name } as LinkStream;
    },
    listen: async () => {},
    setMembers: () => {},
    close: async () => {},
  });
  link = createPreferredLink(
    { fast: { ...lane("fast"), knows: () => knows }, universal: lane("universal") },
    { clock: { nowMs: () => 0, monotonicMs: () => nowMs }, logger: SILENT_LOGGER },
  );
});

/** The lanes that were tried for one exchange, in order. */
async function tried(): Promise<string> {
  opened = [];
  await link.open(target, "/p", options()).catch(() => {});
  return opened.join(" ");
}

it("takes the fast lane where an address on it is known, else the other", async () => {
  expect(await tried()).toBe("fast");
  knows = false;
  expect(await tried()).toBe("universal");
  expect(link.addresses()).toEqual(["fast", "universal"]);
});

it("stays on the detour for a while where only that leads there, and for twice as long each time", async () => {
  fails = { fast: "NODE_UNREACHABLE" };
  expect(await tried()).toBe("fast universal");
  for (const seconds of [5, 10, 20, 40, 80, 160, 300, 300]) {
    nowMs += seconds * SECOND - 1;
    expect(await tried()).toBe("universal");
    nowMs += 1;
    expect(await tried()).toBe("fast universal");
  }
});

it("counts failures at once as one, and has one exchange find out whether the detour is over", async () => {
  fails = { fast: "NODE_UNREACHABLE" };
  await Promise.all([tried(), tried(), tried(), tried()]);
  nowMs += 5 * SECOND;
  opened = [];
  await Promise.all(Array.from({ length: 4 }, () => link.open(target, "/p", options())));
  expect(opened.filter((lane) => lane === "fast")).toHaveLength(1);
  nowMs += 10 * SECOND - 1;
  expect(await tried()).toBe("universal");
  nowMs += 1;
  expect(await tried()).toBe("fast universal");
});

it("forgets the detour once the fast lane works again", async () => {
  fails = { fast: "NODE_UNREACHABLE" };
  expect(await tried()).toBe("fast universal");
  nowMs += 5 * SECOND;
  expect(await tried()).toBe("fast universal");
  nowMs += 10 * SECOND;
  fails = {};
  expect([await tried(), await tried()]).toEqual(["fast", "fast"]);
  fails = { fast: "NODE_UNREACHABLE" };
  expect(await tried()).toBe("fast universal");
  nowMs += 5 * SECOND - 1;
  expect(await tried()).toBe("universal");
  nowMs += 1;
  expect(await tried()).toBe("fast universal");
});

it("takes no detour around a peer that the other lane does not reach either, and tells both reasons", async () => {
  fails = { fast: "NODE_UNREACHABLE", universal: "NODE_UNREACHABLE" };
  await expect(link.open(target, "/p", options())).rejects.toMatchObject({
    message: "fast fails; and by libp2p: universal fails",
  });
  expect(await tried()).toBe("fast universal");
});

it.each<ErrorCode>(["OVERLOADED", "PROTOCOL_ERROR", "INTERNAL"])("tries nothing else after %s", async (code) => {
  fails = { fast: code };
  await expect(link.open(target, "/p", options())).rejects.toMatchObject({ code, message: "fast fails" });
  expect(opened).toEqual(["fast"]);
  expect(await tried()).toBe("fast");
});

it("tries nothing else for a caller that has given up", async () => {
  fails = { fast: "NODE_UNREACHABLE" };
  await expect(link.open(target, "/p", { ...options(), signal: AbortSignal.abort() })).rejects.toThrow("fast fails");
  expect(opened).toEqual(["fast"]);
});
