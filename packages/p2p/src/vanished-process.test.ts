import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { AppError } from "@commonhold/core/app-error.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Exchange, PeerHost, PeerTarget } from "./peer-host.ts";
import type { PeerHostHarness } from "./testing/peer-host-context.ts";
import { createHostHarness, identityOf } from "./testing/host-harness.ts";

const PEER_PROCESS = fileURLToPath(new URL("testing/peer-process.ts", import.meta.url));
const signal = new AbortController().signal;

interface PeerProcess {
  readonly process: ChildProcess;
  readonly target: PeerTarget;
}

async function spawnPeer(name: string, listen: string): Promise<PeerProcess> {
  const child = spawn(process.execPath, ["--no-warnings", PEER_PROCESS, name, listen], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return { process: child, target: { peerId: identityOf(name).peerId, addresses: JSON.parse(line) as string[] } };
}

async function kill(peer: PeerProcess): Promise<void> {
  const exited = once(peer.process, "exit");
  peer.process.kill("SIGKILL");
  await exited;
}

describe.each([
  ["TCP", "/ip4/127.0.0.1/tcp/0"],
  ["QUIC", "/ip4/127.0.0.1/udp/0/quic-v1"],
  ["the fast lane", "/ip4/127.0.0.1/tcp/0/tls"],
])("over %s, a process", (name, listen) => {
  let harness: PeerHostHarness;
  let alice: PeerHost;
  let bob: PeerProcess;

  beforeAll(async () => {
    harness = createHostHarness([listen], {
      limits: { pingIntervalMs: 200, pingTimeoutMs: 2000 },
    });
    [alice, bob] = await Promise.all([harness.start("alice"), spawnPeer("bob", listen)]);
  });
  afterAll(async () => {
    bob.process.kill("SIGKILL");
    await harness.close();
  });

  function ask(timeoutMs = 10_000): Promise<number> {
    const run = async ({ stream }: Exchange): Promise<number> => {
      await stream.write(Uint8Array.of(7));
      return (await stream.read(1))[0]!;
    };
    return alice.exchange(bob.target, "/echo", run, { signal, timeoutMs });
  }

  /** An exchange to which the peer never gives the answer that the caller waits for. */
  async function waitInVain(): Promise<{ readonly outcome: Promise<unknown> }> {
    const waiting = Promise.withResolvers<void>();
    const run = async ({ stream }: Exchange): Promise<Uint8Array> => {
      await stream.write(Uint8Array.of(7));
      await stream.read(1);
      waiting.resolve();
      return stream.read(1);
    };
    const exchange = alice.exchange(bob.target, "/mute", run, { signal, timeoutMs: 30_000 });
    await Promise.race([waiting.promise, exchange]);
    return { outcome: exchange.catch((error: unknown) => error) };
  }

  it("that hangs is noticed, and found again once it goes on", async () => {
    const { outcome } = await waitInVain();
    bob.process.kill("SIGSTOP");
    await expect(ask(1000)).rejects.toMatchObject({ code: "NODE_UNREACHABLE" });
    expect(await outcome).toMatchObject({ code: "NODE_UNREACHABLE" });
    bob.process.kill("SIGCONT");
    expect(await ask()).toBe(7);
  });

  const itOnTheFastLane = name === "the fast lane" ? it : () => {};
  itOnTheFastLane("that hangs while much is on its way to it is noticed", async () => {
    const waiting = Promise.withResolvers<void>();
    const run = async ({ stream }: Exchange): Promise<void> => {
      await stream.write(Uint8Array.of(7));
      await stream.read(1);
      waiting.resolve();
      for (;;) await stream.write(new Uint8Array(1024 * 1024));
    };
    const outcome = alice
      .exchange(bob.target, "/mute", run, { signal, timeoutMs: 30_000 })
      .catch((error: unknown) => error);
    await waiting.promise;
    bob.process.kill("SIGSTOP");
    expect(await outcome).toMatchObject({ code: "NODE_UNREACHABLE" });
    bob.process.kill("SIGCONT");
    expect(await ask()).toBe(7);
  });

  it("that is killed is noticed, and found again once it runs on the same port", async () => {
    const { outcome } = await waitInVain();
    await kill(bob);
    // It is back before the loss of the old connection must have been noticed.
    bob = await spawnPeer("bob", bob.target.addresses[0]!.replace(/\/p2p\/.*/, ""));
    expect(await ask()).toBe(7);
    const error = await outcome;
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code: "NODE_UNREACHABLE" });
  });
});
