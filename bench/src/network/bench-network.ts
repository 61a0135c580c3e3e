import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { LocalNetworkRun, type StartedNetwork } from "commonhold/network/local-network-run.ts";
import { waitUntil } from "commonhold/network/wait-until.ts";
import { commonholdVersion } from "commonhold/version.ts";
import { createFileClient, type FileClient } from "../http/file-client.ts";
import type { NamedProcess } from "../processes/usage-meter.ts";
import { type CoordinatorSession, openCoordinatorSession } from "./coordinator-session.ts";

const NODE_COUNT = 4;
/** More than any run writes. */
const NODE_BYTES = 400_000_000_000;
const SETTLE_MS_MAX = 120_000;

export interface BenchNetworkOptions {
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Four where it is not given. */
  readonly nodes?: number;
}

/** A node of the network, as it lies on the disk. */
export interface NodePlace extends NamedProcess {
  readonly folder: string;
}

/** A coordinator and storage nodes, as `npm start` runs them. */
export interface BenchNetwork {
  readonly url: string;
  readonly account: { readonly email: string; readonly password: string };
  readonly files: FileClient;
  readonly session: CoordinatorSession;
  readonly processes: readonly NamedProcess[];
  readonly nodes: readonly NodePlace[];
  /**
   * Resolves when nothing is under way any more: every chunk has all its copies.
   * @throws Error where one of the processes has died meanwhile
   */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

export async function startBenchNetwork({
  folder,
  signal,
  nodes = NODE_COUNT,
}: BenchNetworkOptions): Promise<BenchNetwork> {
  const troubles: string[] = [];
  const run = new LocalNetworkRun(
    { onEvent: (line) => troubles.push(line) },
    {
      data: folder,
      host: "127.0.0.1",
      port: 0,
      nodeCount: nodes,
      capacityBytes: NODE_BYTES,
      verbose: false,
      version: commonholdVersion(),
      program: fileURLToPath(import.meta.resolve("commonhold/main.ts")),
    },
  );
  const stop = async (): Promise<void> => {
    await run.stopCoordinator();
    await run.stopNodes();
    await run.release();
  };
  try {
    const network = await Promise.race([run.start(signal), rejectOnAbort(signal)]);
    return await connect(network, { signal, stop, troubles });
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Without it Ctrl-C would wait for a role that never becomes ready. */
async function rejectOnAbort(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted();
  await once(signal, "abort");
  throw signal.reason;
}

interface Running {
  readonly signal: AbortSignal;
  readonly stop: () => Promise<void>;
  /** What the roles' supervisor has told. */
  readonly troubles: readonly string[];
}

async function connect(network: StartedNetwork, { signal, stop, troubles }: Running): Promise<BenchNetwork> {
  // Nobody has changed it: the network was made for this run.
  const { email, password = "" } = network.account;
  const session = await openCoordinatorSession(network.url, { email, password }, signal);
  const headers = () => ({ authorization: `Bearer ${session.token()}` });
  const nodes = network.nodeNames.map((name) => {
    const folder = join(network.folders.nodes, name);
    return { ...processIn(name, folder), folder };
  });
  const files = createFileClient({ baseUrl: network.url, headers, signal });
  return {
    url: network.url,
    account: { email, password },
    files,
    session,
    processes: [processIn("coordinator", network.folders.coordinator), ...nodes],
    nodes,
    settle: async () => {
      await waitForCopies(session, signal);
      await session.renew();
      if (troubles.length > 0) throw new Error(troubles.join("; "));
    },
    stop: async () => {
      files.close();
      await stop();
    },
  };
}

/** Also those after the acknowledgement: the next sample is not to share the machine with them. */
async function waitForCopies(session: CoordinatorSession, signal: AbortSignal): Promise<void> {
  const what = { condition: () => session.isSettled(), described: "the last copy of what was uploaded" };
  await waitUntil({ clock: systemClock }, what, { limitMs: SETTLE_MS_MAX, signal });
}

/** By the process id that each of them leaves in its data folder. */
function processIn(name: string, folder: string): NamedProcess {
  return { name, pid: Number(readFileSync(join(folder, "lock.pid"), "utf8")) };
}
