import { type Command, Option } from "commander";
import type { Run } from "../../program.ts";
import { byteSize, durationSeconds, wholeNumber } from "../../usage.ts";

export function addNetworkCommands(program: Command, run: Run): void {
  program.commandsGroup("Network:");
  addStatusCommands(program, run);
  program.commandsGroup("Run a network:");
  const network = program.command("network").description("a whole network on this machine");
  network
    .command("start")
    .description("start a coordinator and storage nodes, each a process of its own, until Ctrl-C")
    .option(
      "--nodes <n>",
      "storage nodes to make; those that were made before are always started",
      wholeNumber(1, 64),
      4,
    )
    .option("--data <dir>", "the folder for everything", "./data")
    .option("--port <n>", "the coordinator's port; 0 lets the system choose", wholeNumber(0, 65_535), 8080)
    .option("--host <address>", "the address that the coordinator listens on", "127.0.0.1")
    .addOption(
      new Option("--node-size <size>", "room that each new node lends, as far as the disk has it")
        .argParser(byteSize)
        .default(50_000_000_000, "50GB"),
    )
    .addHelpText(
      "after",
      "\nThe first start makes a trial account; its password stands in DIR/coordinator/first-account.json.",
    )
    .action(run(async () => (await import("./start.ts")).startNetwork, { handlesSignals: true }));
}

function addStatusCommands(program: Command, run: Run): void {
  program
    .command("status")
    .description("how the network is: nodes, room, files, copies")
    .action(run(async () => (await import("./status.ts")).status));
  program
    .command("nodes")
    .description("list the storage nodes")
    .action(run(async () => (await import("./nodes.ts")).nodes));
  const token = program.command("token").description("join tokens, with which nodes become members");
  token
    .command("create")
    .description("make a join token, with which you or whom you give it to lends a disk")
    .option("--uses <n>", "how many nodes may join with it", wholeNumber(1, 1000))
    .option("--expires-in <time>", 'how long it is good for, such as "12h" or "7d"', durationSeconds)
    .action(run(async () => (await import("./create-token.ts")).createToken));
}
