import type { ByteStream } from "@commonhold/core/byte-stream.ts";
import { afterEach, beforeEach, expect } from "vitest";
import type { Exchange, HandlerLimits, PeerHost, PeerTarget } from "../peer-host.ts";
import type { RequestRate } from "../request-rate.ts";

export interface StartOptions {
  readonly members?: ReadonlySet<string>;
  readonly requestRate?: RequestRate;
}

/** How the suite gets hosts of one implementation. */
export interface PeerHostHarness {
  /** The peer id of the host of that name, the same each time it is started. */
  peerId(name: string): string;
  start(name: string, options?: StartOptions): Promise<PeerHost>;
  /** Ends a host with all its connections, without waiting for anything. */
  vanish(host: PeerHost): Promise<void>;
  close(): Promise<void>;
}

export const PROTOCOL = "/commonhold-test/1.0.0";
export const OTHER_PROTOCOL = "/commonhold-test/1.0.0/other";
export const LIMITS: HandlerLimits = { timeoutMs: 20_000, concurrentPerPeerMax: 64, concurrentMax: 64 };
export const MIB = 1024 * 1024;
/** More than what may be on its way at once on any lane: two windows of 16 MiB. */
export const ON_THE_WAY_MAX = 32 * MIB;

const forever = new AbortController().signal;
export const target = (host: PeerHost): PeerTarget => ({ peerId: host.peerId, addresses: host.addresses() });
export const echo = async ({ stream }: Exchange): Promise<void> => stream.write(await stream.read(1));
export const never = (): Promise<never> => new Promise(() => {});

export function options(changes: { readonly signal?: AbortSignal; readonly timeoutMs?: number } = {}) {
  return { signal: forever, timeoutMs: 20_000, ...changes };
}

/** One byte there and back. */
export function ask(from: PeerHost, to: PeerHost | PeerTarget, protocol = PROTOCOL): Promise<number> {
  const peer = "addresses" in to && typeof to.addresses === "function" ? target(to as PeerHost) : (to as PeerTarget);
  const run = async ({ stream }: Exchange): Promise<number> => {
    await stream.write(Uint8Array.of(7));
    return (await stream.read(1))[0]!;
  };
  return from.exchange(peer, protocol, run, options());
}

/** Writes `slices` of 1 MiB, each full of its number. */
export async function writeSlices(
  stream: ByteStream,
  slices: number,
  onBegun: (slices: number) => void,
): Promise<void> {
  for (let slice = 0; slice < slices; slice++) {
    onBegun(slice + 1);
    await stream.write(new Uint8Array(MIB).fill(slice));
  }
}

export async function readSlices(stream: ByteStream, slices: number): Promise<void> {
  for (let slice = 0; slice < slices; slice++) {
    const bytes = await stream.read(MIB);
    expect([bytes.length, bytes[0], bytes[MIB - 1]]).toEqual([MIB, slice, slice]);
  }
}

/** The hosts with which each test of the suite begins. */
export interface Peers {
  readonly harness: PeerHostHarness;
  readonly alice: PeerHost;
  readonly bob: PeerHost;
}

/** Starts them before each test of the enclosing suite and ends them after it. */
export function usePeers(createHarness: () => PeerHostHarness): Peers {
  const peers = {} as { harness: PeerHostHarness; alice: PeerHost; bob: PeerHost };
  beforeEach(async () => {
    peers.harness = createHarness();
    [peers.alice, peers.bob] = await Promise.all([peers.harness.start("alice"), peers.harness.start("bob")]);
  });
  afterEach(() => peers.harness.close());
  return peers;
}
