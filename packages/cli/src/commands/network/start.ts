import { existsSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { createLogger } from "@commonhold/runtime/logger.ts";
import { createShutdown, type Shutdown } from "@commonhold/runtime/shutdown.ts";
import pc from "picocolors";
import type { CliContext } from "../../cli-context.ts";
import { LocalNetworkRun, type StartedNetwork } from "../../network/local-network-run.ts";
import { watchParent } from "../../network/watch-parent.ts";
import { commandName } from "../../command-name.ts";
import { keepFilesPrivate } from "../../roles/private-files.ts";
import { commonholdVersion } from "../../version.ts";

/** The roles have limits of their own; this is beyond them. */
const STOP_MS_MAX = 60_000;

export interface StartNetworkOptions {
  readonly nodes: number;
  readonly data: string;
  readonly host: string;
  readonly port: number;
  /** Bytes. */
  readonly nodeSize: number;
}

export async function startNetwork(context: CliContext, options: StartNetworkOptions): Promise<void> {
  const { output } = context;
  process.title = "commonhold network";
  keepFilesPrivate();
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const run = new LocalNetworkRun(
    { onEvent: (line) => say(`commonhold: ${line}`) },
    {
      ...options,
      nodeCount: options.nodes,
      capacityBytes: options.nodeSize,
      verbose: output.verbose,
      version: commonholdVersion(),
      program: fileURLToPath(new URL("../../main.ts", import.meta.url)),
    },
  );
  const shutdown = openShutdown(context, run);
  watchNpm(context.env, shutdown);
  let failing = false;
  shutdown.signal.addEventListener("abort", () => !failing && output.note("Stopping…"));
  try {
    output.note(`Starting a coordinator and ${options.nodes} storage nodes…`);
    const network = await run.start(shutdown.signal);
    if (output.json) output.document(asDocument(network));
    else for (const line of describe(network, options)) output.line(line);
    // Else it would be done on the way out, while somebody waits.
    flushCompileCache();
    // Until a signal ends the process.
    await new Promise<never>(() => undefined);
  } catch (error) {
    // On the way out already, what fails because of it is no news: the signal's listener ends the process.
    if (shutdown.signal.aborted) return new Promise<never>(() => undefined);
    failing = true;
    await shutdown.stop("the network failed");
    throw error;
  }
}

/** Closers run the last added first: the coordinator, then the nodes that it still needs on its way out. */
function openShutdown({ output }: CliContext, run: LocalNetworkRun): Shutdown {
  const { isTTY } = process.stderr;
  const destination = { isTTY, write: (line: string) => void process.stderr.write(line) };
  const logger = createLogger({ level: output.verbose ? "info" : "error", name: "network", destination });
  const shutdown = createShutdown({ logger, graceMs: STOP_MS_MAX });
  shutdown.add("data folder", () => run.release());
  shutdown.add("nodes", () => run.stopNodes());
  shutdown.add("coordinator", () => run.stopCoordinator());
  shutdown.installSignals();
  return shutdown;
}

/** Asked to end, npm ends the shell that it ran us in and tells us nothing: we stop in order all the same. */
function watchNpm(env: NodeJS.ProcessEnv, shutdown: Shutdown): void {
  if (env.npm_lifecycle_event === undefined) return;
  const watch = watchParent(() => {
    // Whoever read what we write may be gone too.
    process.stderr.on("error", () => undefined);
    void shutdown.stop("the process that started this one is gone").then((clean) => process.exit(clean ? 0 : 1));
  });
  shutdown.signal.addEventListener("abort", watch.stop);
}

function asDocument({ url, account, nodeNames, folders }: StartedNetwork): object {
  return {
    url,
    docs_url: `${url}/docs`,
    email: account.email,
    password: account.password ?? null,
    nodes: nodeNames,
    data: folders.root,
  };
}

function describe({ url, account, nodeNames, folders }: StartedNetwork, options: StartNetworkOptions): string[] {
  const command = commandName(process.env);
  const isUsual = resolve(options.data) === resolve("./data");
  const data = isUsual ? "" : ` --data ${options.data}`;
  const attic = isUsual ? "data/nodes/attic" : join(options.data, "nodes", "attic");
  const file = existsSync("README.md") ? "README.md" : "FILE";
  const nodes = nodeNames.length === 1 ? "one storage node" : `${nodeNames.length} storage nodes`;
  return [
    "",
    pc.bold(`Commonhold runs at ${pc.cyan(url)} with ${nodes}.`),
    "",
    `  Trial account  ${account.email}`,
    `  Password       ${account.password ?? "the one that you gave it"}`,
    `  Data           ${folders.root} (logs in ${folders.logs})`,
    `  API            ${url}/docs`,
    "",
    "Type next, in another terminal, in this folder:",
    `  ${command} login ${account.password === undefined ? account.email : `--trial${data}`}`,
    `  ${command} put ${file}`,
    `  ${command} ls --long`,
    `  ${command} get ${file} -o copy-of-${file}`,
    `  ${command} nodes`,
    `  ${command} status`,
    "",
    "Lend another disk:",
    `  ${command} token create                 prints a join token and how to use it`,
    `  ${command} node init --name attic --coordinator-url ${url} --join-token TOKEN${isUsual ? "" : ` --data ${attic}`}`,
    `  ${command} node start --data ${attic}`,
    "",
    "Ctrl-C stops everything; the files stay.",
  ];
}
