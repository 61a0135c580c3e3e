import { Command, CommanderError } from "commander";
import { type CliContext, createCliContext, DEFAULT_COORDINATOR, type GlobalFlags } from "./cli-context.ts";
import { addAccountCommands } from "./commands/account/options.ts";
import { addAdminCommand } from "./commands/admin/options.ts";
import { addCoordinatorCommand } from "./commands/coordinator/options.ts";
import { addFileCommands } from "./commands/files/options.ts";
import { addNetworkCommands } from "./commands/network/options.ts";
import { addNodeCommand } from "./commands/node/options.ts";
import { addOperationCommands } from "./commands/operations/options.ts";
import { addShareCommands } from "./commands/shares/options.ts";
import { abortOnInterrupt } from "./interruption.ts";
import { reportError } from "./output/report-error.ts";
import { usageError } from "./usage.ts";
import { commonholdVersion } from "./version.ts";

/** A command's work; what it throws becomes the message on stderr and the exit code. */
export type Handler<A extends unknown[]> = (context: CliContext, ...args: A) => Promise<void>;

/** Makes commander's action out of a handler that is loaded when it is needed, so that every start is quick. */
export type Run = <A extends unknown[]>(
  load: () => Promise<Handler<A>>,
  /** Roles have their own way out when a signal comes. */
  options?: { readonly handlesSignals?: boolean },
) => (...args: A) => Promise<void>;

const ADVICE = `
Examples:
  commonhold network start                 a whole network on this machine, to try it out
  commonhold login --trial                 log in to it, without typing anything
  commonhold put README.md photos/*.jpg    store files
  commonhold ls --long                     what is there, and how many copies of it
  commonhold get README.md -o copy.md      get it back
  commonhold node init --help              lend a disk to a network

Environment:
  COMMONHOLD_URL      the coordinator's address, where --coordinator is not given
  COMMONHOLD_TOKEN    an access token to use in place of the stored login, for scripts
  XDG_CONFIG_HOME     the login is kept in commonhold/credentials.json there (~/.config)
  XDG_STATE_HOME      what lets transfers resume is kept in commonhold/ there (~/.local/state)
  NO_COLOR            no colours

Exit codes:
  0 done   64 wrong usage   65 data does not fit   66 not found   69 not reachable   70 internal, or no credits
  73 exists already   74 disk trouble   75 try again   77 not allowed   78 wrong configuration   130 interrupted`;

/** Runs one command line. Gives the exit code. */
export async function runProgram(args: readonly string[]): Promise<number> {
  const program = createProgram();
  try {
    await program.parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    const flags = { ...program.opts<GlobalFlags>(), ...earlyFlags(args) };
    if (!(error instanceof CommanderError)) return reportError(error, process.stderr, flags);
    if (error.exitCode === 0) return 0;
    // Asked for nothing, commander shows the help and has no message.
    if (error.code === "commander.help") return 64;
    return reportError(usageError(usageMessage(error, commandIn(program, args))), process.stderr, flags);
  }
}

function createProgram(): Command {
  const program = new Command("commonhold")
    .description("Storage that a community holds in common: keep files on each other's disks.")
    .version(commonholdVersion(), "-V, --version", "show the version")
    .helpOption("-h, --help", "show help; also: commonhold COMMAND --help")
    .option("--coordinator <url>", `the coordinator to talk to (default: the last login's, or ${DEFAULT_COORDINATOR})`)
    .option("--json", "results and errors as JSON")
    .option("-q, --quiet", "results only, no progress and no remarks")
    .option("-v, --verbose", "say more, such as the causes of an error")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .configureHelp({ sortSubcommands: false })
    .helpCommand("help [command]", "show help for a command")
    .addHelpText("after", ADVICE);

  const run: Run =
    (load, { handlesSignals = false } = {}) =>
    async (...args) => {
      const interruption = handlesSignals ? undefined : abortOnInterrupt();
      try {
        const handler = await load();
        const signal = interruption?.signal ?? new AbortController().signal;
        await handler(createCliContext(program.opts<GlobalFlags>(), signal), ...args);
      } finally {
        interruption?.dispose();
      }
    };

  addFileCommands(program, run);
  addShareCommands(program, run);
  addAccountCommands(program, run);
  addNetworkCommands(program, run);
  addOperationCommands(program, run);
  addAdminCommand(program, run);
  addNodeCommand(program, run);
  addCoordinatorCommand(program, run);
  return program;
}

/** Global flags count for errors too that commander finds before it has read them. */
function earlyFlags(args: readonly string[]): GlobalFlags {
  return {
    ...(args.includes("--json") ? { json: true } : {}),
    ...(args.includes("--verbose") ? { verbose: true } : {}),
  };
}

function usageMessage(error: CommanderError, { command, name }: NamedCommand): string {
  const message = error.message.replace(/^error: (command-argument value )?/, "").replace(/\.$/, "");
  // A group that has a command for when none is named takes a mistyped one for that command's argument.
  const mistyped = command.commands.length === 0 ? null : /^too many arguments .* got \d+: ([^,]+)/.exec(message);
  if (mistyped === null) return `${message}. See "${name} --help"`;
  const names = command.commands.map((candidate) => candidate.name()).join(", ");
  return `unknown command '${mistyped[1]}': there is ${names}. See "${name} --help"`;
}

interface NamedCommand {
  readonly command: Command;
  /** With the commands that it is part of: "commonhold token create". */
  readonly name: string;
}

/** The command that the arguments name, as far as there is one. */
function commandIn(program: Command, args: readonly string[]): NamedCommand {
  let command = program;
  let name = program.name();
  for (const arg of args) {
    const next = command.commands.find((candidate) => candidate.name() === arg);
    if (next === undefined) continue;
    command = next;
    name += ` ${arg}`;
  }
  return { command, name };
}
