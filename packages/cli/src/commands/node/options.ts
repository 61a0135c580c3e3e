import type { Command } from "commander";
import type { Run } from "../../program.ts";
import { addLabel, addToList, byteSize, wholeNumber } from "../../usage.ts";

const DATA = "the node's folder (default: the only one in ./data/nodes)";

export function addNodeCommand(program: Command, run: Run): void {
  program.commandsGroup("Lend a disk:");
  const node = program.command("node").description("make, run and look after a storage node");
  node
    .command("init")
    .description("make a node and join a network with it")
    .requiredOption("--name <name>", "what people call it; no other node of the network may have that name")
    .requiredOption("--coordinator-url <url>", "where the coordinator is")
    .option("--join-token <token>", "from: commonhold token create (default: COMMONHOLD_JOIN_TOKEN)")
    .option("--data <dir>", "the folder for its chunks (default: ./data/nodes/NAME)")
    .option("--max-size <size>", 'how much it lends at most, such as "10GB" (default: 100GB)', byteSize)
    .option("--listen <multiaddr>", "where peers reach it; may be given several times", addToList)
    .option("--announce <multiaddr>", "what to tell peers instead, behind a port forwarding", addToList)
    .option("--label <key=value>", "what it shares with others: network, site or power; several times", addLabel)
    .option("--rejoin", "register a node again that was a member before")
    .action(run(async () => (await import("./init.ts")).initialiseNode));
  node
    .command("start")
    .description("run the node until Ctrl-C")
    .option("--data <dir>", DATA)
    .action(run(async () => (await import("./start.ts")).startStorageNode, { handlesSignals: true }));
  addCareCommands(node, run);
  addMembershipCommands(node, run);
}

function addMembershipCommands(node: Command, run: Run): void {
  node
    .command("audits")
    .description("how a node stands, and whether it could show what it was given (its operator and admins)")
    .argument("<node>", "its name or id")
    .option("--failed", "only audits that were not passed")
    .option("--limit <n>", "so many of the last ones (default: 20)", wholeNumber(1, 1000))
    .option("--day <day>", 'only those of a UTC day, such as "2026-01-31"')
    .action(run(async () => (await import("./audits.ts")).nodeAudits));
  node
    .command("remove")
    .description("take a node that will not return out of the network (its operator and admins)")
    .argument("<node>", "its name or id")
    .option("--force", "also where it is here, or holds copies that no other node has")
    .action(run(async () => (await import("./membership.ts")).removeNode));
  node
    .command("ban")
    .description("cut a node off (admins)")
    .argument("<node>", "its name or id")
    .action(run(async () => (await import("./membership.ts")).setBanned(true)));
  node
    .command("unban")
    .description("let a node in again that was cut off, removed or suspended; its reputation begins afresh (admins)")
    .argument("<node>", "its name or id")
    .action(run(async () => (await import("./membership.ts")).setBanned(false)));
}

function addCareCommands(node: Command, run: Run): void {
  node
    .command("status")
    .description("how the running node is, and what it earned")
    .option("--data <dir>", DATA)
    .action(run(async () => (await import("./status.ts")).nodeStatus));
  const chunks = node.command("chunks").description("what the node holds");
  chunks
    .command("list")
    .description("list the chunks of the running node, damaged ones too")
    .option("--data <dir>", DATA)
    .option("--all", "all of them, not only the first thousand")
    .action(run(async () => (await import("./list-chunks.ts")).listChunks));
  node
    .command("drain")
    .description("take no new chunks, and have those that are there copied elsewhere; they are served until then")
    .option("--data <dir>", DATA)
    .option("--wait", "until it is safe to stop the node")
    .option("--cancel", "take chunks again, as undrain does")
    .action(run(async () => (await import("./drain.ts")).drain));
  node
    .command("undrain")
    .description("take chunks again")
    .option("--data <dir>", DATA)
    .action(run(async () => (await import("./drain.ts")).undrain));
  node
    .command("scrub")
    .description("read every chunk again now; what the disk has spoiled is replaced")
    .option("--data <dir>", DATA)
    .action(run(async () => (await import("./scrub.ts")).scrub));
}
