import type { LiveEvent } from "@commonhold/client/events.ts";
import { describe, expect, it, vi } from "vitest";
import { LiveStream, type LiveStreamDeps, type TakeTurn, type Told } from "./live-stream.ts";

const HELLO: LiveEvent = { kind: "hello", topics: ["files"] };
const CHANGED: LiveEvent = { kind: "changed", topic: "files", ids: ["f"], more: false };

/** One browser: its tabs, their turns, and the connections that they have. */
function openBrowser() {
  const channels = new Map<string, Set<(told: Told) => void>>();
  const turns = new Map<string, Promise<unknown>>();
  const connections: { readonly send: (event: LiveEvent) => void; readonly lose: () => void }[] = [];
  let refused: Error | undefined;

  const takeTurn: TakeTurn = (name, signal, action) => {
    const before = turns.get(name) ?? Promise.resolve();
    const mine = before.then(() => {
      signal.throwIfAborted();
      return action();
    });
    turns.set(
      name,
      mine.catch(() => undefined),
    );
    return mine;
  };
  async function* watch(signal: AbortSignal, onLost: () => void): AsyncGenerator<LiveEvent, void, void> {
    if (refused !== undefined) throw refused;
    const queue: LiveEvent[] = [];
    let wake = (): void => undefined;
    const connection = { send: (event: LiveEvent) => (queue.push(event), wake()), lose: onLost };
    connections.push(connection);
    signal.addEventListener("abort", () => wake());
    try {
      for (;;) {
        signal.throwIfAborted();
        yield* queue.splice(0);
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (queue.length > 0 || signal.aborted) resolve();
        });
      }
    } finally {
      connections.splice(connections.indexOf(connection), 1);
    }
  }
  const openTab = (hasTurns = true) => {
    const events: LiveEvent[] = [];
    const deps: LiveStreamDeps = {
      watch,
      onEvent: (event) => events.push(event),
      openChannel: (name, hear) => {
        const all = channels.get(name) ?? new Set();
        channels.set(name, all.add(hear));
        return {
          send: (told) => all.forEach((each) => each === hear || queueMicrotask(() => all.has(each) && each(told))),
          close: () => void all.delete(hear),
        };
      },
      takeTurn: hasTurns ? takeTurn : undefined,
      sleep: (_ms, signal) =>
        new Promise((_resolve, reject) => {
          const stop = () => reject(signal.reason as Error);
          if (signal.aborted) stop();
          else signal.addEventListener("abort", stop);
        }),
    };
    return { live: new LiveStream(deps), events };
  };
  return { openTab, connections, refuse: (error: Error) => (refused = error) };
}

describe("two tabs of one person", () => {
  /** Both open, and connected. */
  async function twoTabs() {
    const browser = openBrowser();
    const [first, second] = [browser.openTab(), browser.openTab()];
    first.live.setUser("ada");
    second.live.setUser("ada");
    await vi.waitFor(() => expect(browser.connections).toHaveLength(1));
    return { browser, first, second };
  }

  it("have one connection, and both hear what comes by it", async () => {
    const { browser, first, second } = await twoTabs();
    browser.connections[0]!.send(HELLO);
    browser.connections[0]!.send(CHANGED);
    await vi.waitFor(() => expect(second.events).toEqual([HELLO, CHANGED]));
    expect(first.events).toEqual([HELLO, CHANGED]);
    expect([first.live.isUp(), second.live.isUp()]).toEqual([true, true]);
    expect(browser.connections).toHaveLength(1);
  });

  it("hand it on when the one that has it goes or sleeps", async () => {
    const { browser, first, second } = await twoTabs();
    browser.connections[0]!.send(HELLO);
    await vi.waitFor(() => expect(second.live.isUp()).toBe(true));
    const before = browser.connections[0];
    first.live.setAwake(false);
    expect(first.live.isUp()).toBe(false);
    await vi.waitFor(() => expect(browser.connections[0]).not.toBe(before));
    await vi.waitFor(() => expect(browser.connections).toHaveLength(1));
    expect(second.live.isUp()).toBe(false);
    browser.connections[0]!.send(HELLO);
    await vi.waitFor(() => expect(second.live.isUp()).toBe(true));

    first.events.length = 0;
    first.live.setAwake(true);
    await vi.waitFor(() => expect(first.live.isUp()).toBe(true));
    expect(first.events).toEqual([{ kind: "hello", topics: [] }]);
  });

  it("both know when it is lost", async () => {
    const { browser, first, second } = await twoTabs();
    browser.connections[0]!.send(HELLO);
    await vi.waitFor(() => expect(second.live.isUp()).toBe(true));
    let told = 0;
    second.live.subscribe(() => told++);
    browser.connections[0]!.lose();
    await vi.waitFor(() => expect(second.live.isUp()).toBe(false));
    expect([first.live.isUp(), told]).toEqual([false, 1]);
  });
});

it("tabs of two persons hear nothing of each other", async () => {
  const browser = openBrowser();
  const [first, second] = [browser.openTab(), browser.openTab()];
  first.live.setUser("ada");
  second.live.setUser("bob");
  await vi.waitFor(() => expect(browser.connections).toHaveLength(2));
  browser.connections[0]!.send(HELLO);
  await vi.waitFor(() => expect(first.live.isUp()).toBe(true));
  expect(second.events).toEqual([]);
});

it("where a browser has no turns, each tab has its own connection", async () => {
  const browser = openBrowser();
  const [first, second] = [browser.openTab(false), browser.openTab(false)];
  first.live.setUser("ada");
  second.live.setUser("ada");
  await vi.waitFor(() => expect(browser.connections).toHaveLength(2));
  first.live.setUser(undefined);
  await vi.waitFor(() => expect(browser.connections).toHaveLength(1));
});

it("a refusal that time does not mend is no reason to ask at once again", async () => {
  const browser = openBrowser();
  browser.refuse(new Error("the account is shut"));
  const { live, events } = browser.openTab();
  live.setUser("ada");
  await new Promise((resolve) => setImmediate(resolve));
  expect([live.isUp(), events, browser.connections]).toEqual([false, [], []]);
});
