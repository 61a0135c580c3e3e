import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { createLogger } from "./logger.ts";
import { createShutdown } from "./shutdown.ts";

const logger = createLogger({ level: "silent", name: "test" });

function never(): Promise<void> {
  return new Promise(() => {});
}

describe("createShutdown", () => {
  it("closes one after another, the last added first, and only once", async () => {
    const events: string[] = [];
    const shutdown = createShutdown({ logger, graceMs: 60_000 });
    for (const name of ["store", "host", "server"]) {
      shutdown.add(name, async () => {
        events.push(`${name} begins`);
        await new Promise((resolve) => setImmediate(resolve));
        events.push(`${name} ends`);
      });
    }
    const outcomes = await Promise.all([shutdown.stop("a"), shutdown.stop("b")]);
    expect(outcomes).toEqual([true, true]);
    const order = ["server", "host", "store"];
    expect(events).toEqual(order.flatMap((name) => [`${name} begins`, `${name} ends`]));
  });

  it("goes on after closers that fail, throw or never end", async () => {
    const closed: string[] = [];
    const shutdown = createShutdown({ logger, graceMs: 60_000 });
    shutdown.add("first", () => void closed.push("first"));
    shutdown.add("stuck", never, { graceMs: 5 });
    shutdown.add("failing", () => Promise.reject(new Error("no")));
    shutdown.add("throwing", () => {
      throw new Error("no");
    });
    expect(await shutdown.stop("test")).toBe(false);
    expect(closed).toEqual(["first"]);
  });

  it("tells long calls at once, who may stop it as well", async () => {
    const shutdown = createShutdown({ logger, graceMs: 60_000 });
    const outcomes: Promise<boolean>[] = [];
    shutdown.signal.addEventListener("abort", () => outcomes.push(shutdown.stop("again")));
    expect(await shutdown.stop("test")).toBe(true);
    expect(await Promise.all(outcomes)).toEqual([true]);
  });

  it("closes what is added while it stops or after", async () => {
    const closed: string[] = [];
    const shutdown = createShutdown({ logger, graceMs: 60_000 });
    shutdown.add("first", () => shutdown.add("during", () => void closed.push("during")));
    expect(await shutdown.stop("test")).toBe(true);
    shutdown.add("after", () => void closed.push("after"));
    expect(closed).toEqual(["during", "after"]);
  });
});

describe.skipIf(process.platform === "win32")("signals to a process", () => {
  /** Runs `body` in a process of its own after it has set up a shutdown whose clock stands at `clock.ms`. */
  function start(body: string) {
    const program = `
      const [{ createShutdown }, { createLogger }] = await Promise.all(process.argv.slice(1).map((url) => import(url)));
      const clock = { ms: 0, nowMs: () => clock.ms, monotonicMs: () => clock.ms };
      const logger = createLogger({ level: "silent", name: "test" });
      const shutdown = createShutdown({ logger, graceMs: 60_000, clock });
      const say = (text) => process.stdout.write(text + "\\n");
      shutdown.installSignals();
      ${body}
      setInterval(() => {}, 60_000);
      say("ready");`;
    const modules = ["./shutdown.ts", "./logger.ts"].map((path) => new URL(path, import.meta.url).href);
    const child = spawn(process.execPath, ["--input-type=module", "-e", program, ...modules], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const text = child.stdout.setEncoding("utf8");
    return { child, text };
  }

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s closes everything and ends with 0", async (signal) => {
    const { child, text } = start(`shutdown.add("a", async () => { say("closed"); });`);
    await once(text, "data");
    child.kill(signal);
    const [[closed], [code]] = await Promise.all([once(text, "data"), once(child, "exit")]);
    expect({ closed, code }).toEqual({ closed: "closed\n", code: 0 });
  });

  it("ends with 1 where a closer failed", async () => {
    const { child, text } = start(`shutdown.add("a", async () => { throw new Error("no"); });`);
    await once(text, "data");
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([1, null]);
  });

  it("takes an echo of the first signal for the same one, a later second signal ends at once", async () => {
    const { child, text } = start(`
      shutdown.add("stuck", () => { say("closing"); return new Promise(() => {}); });
      process.on("SIGINT", () => say("seen"));
      process.on("SIGUSR2", () => { clock.ms += 60_000; say("later"); });`);
    await once(text, "data");
    child.kill("SIGINT");
    await untilSaid(text, "closing");
    child.kill("SIGINT");
    await untilSaid(text, "seen");
    child.kill("SIGUSR2");
    await untilSaid(text, "later");
    child.kill("SIGINT");
    expect(await once(child, "exit")).toEqual([130, null]);
  });
});

async function untilSaid(text: NodeJS.ReadableStream, word: string): Promise<void> {
  for (;;) {
    const [data] = (await once(text, "data")) as [string];
    if (data.includes(word)) return;
  }
}
