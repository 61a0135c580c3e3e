import { join } from "node:path";
import { normaliseBaseUrl } from "@commonhold/client/base-url.ts";
import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import { initNode } from "@commonhold/storage-node/init-node.ts";
import { type CliContext, nonEmpty } from "../../cli-context.ts";
import { commandName } from "../../command-name.ts";
import { keepFilesPrivate } from "../../roles/private-files.ts";
import { usageError } from "../../usage.ts";
import { commonholdVersion } from "../../version.ts";

export interface InitNodeCommandOptions {
  readonly name: string;
  readonly coordinatorUrl: string;
  readonly joinToken?: string;
  readonly data?: string;
  /** Bytes. */
  readonly maxSize?: number;
  readonly listen?: readonly string[];
  readonly announce?: readonly string[];
  readonly label?: Readonly<Record<string, string>>;
  readonly rejoin?: boolean;
}

export async function initialiseNode(context: CliContext, options: InitNodeCommandOptions): Promise<void> {
  // Takes the place of the arguments, and so of the join token, in the system's list of processes.
  process.title = "commonhold node init";
  keepFilesPrivate();
  const joinToken = options.joinToken ?? nonEmpty(context.env.COMMONHOLD_JOIN_TOKEN);
  if (joinToken === undefined) {
    throw usageError('give --join-token or set COMMONHOLD_JOIN_TOKEN: "commonhold token create" makes one');
  }
  if (options.data === undefined && !/^[\w.-]+$/.test(options.name)) {
    throw usageError(`"${options.name}" makes no good folder name: name the folder with --data`);
  }
  const node = await initNode(
    { clock: systemClock, random: systemRandom, fetch: globalThis.fetch },
    {
      folder: options.data ?? join("data", "nodes", options.name),
      joinToken,
      version: commonholdVersion(),
      env: context.env,
      signal: context.signal,
      rejoin: options.rejoin === true,
      settings: settingsOf(options),
    },
  ).catch(nameOption);
  const { output } = context;
  if (output.json) {
    return output.document({
      node_id: node.nodeId,
      name: node.name,
      folder: node.folder,
      config_file: node.configFile,
      coordinator_peer_id: node.coordinatorPeerId,
    });
  }
  output.line(`${node.name} has joined as ${node.nodeId}; its settings are in ${node.configFile}`);
  output.note(`Start it with: ${commandName(context.env)} node start --data ${node.folder}`);
}

/** What other commands call --coordinator is called otherwise here. */
function nameOption(error: unknown): never {
  if (!hasCode(error, "COORDINATOR_UNREACHABLE")) throw error;
  const { code, message, details, cause } = error;
  const advice = "is --coordinator-url the address of a coordinator that runs?";
  throw new AppError(code, `${message.replace(/\.$/, "")}: ${advice}`, { details, cause });
}

function settingsOf(options: InitNodeCommandOptions) {
  const network = {
    ...(options.listen === undefined ? {} : { listen: [...options.listen] }),
    ...(options.announce === undefined ? {} : { announce: [...options.announce] }),
  };
  return {
    node: { name: options.name, coordinator_url: normaliseBaseUrl(options.coordinatorUrl) },
    ...(Object.keys(network).length === 0 ? {} : { network }),
    ...(options.maxSize === undefined ? {} : { storage: { max_bytes: options.maxSize } }),
    ...(options.label === undefined ? {} : { labels: options.label }),
  };
}
