import { COPIES_MAX, COPIES_OF_PRIORITY, PRIORITIES } from "@commonhold/core/priority.ts";
import type { Command } from "commander";
import { countOf } from "../../output/count-of.ts";
import type { Run } from "../../program.ts";
import { wholeNumber } from "../../usage.ts";

const copies = wholeNumber(1, COPIES_MAX);

export function addFileCommands(program: Command, run: Run): void {
  program.commandsGroup("Files:");
  program
    .command("put")
    .description("store files")
    .argument("<file...>", "files to store; at the end, where they go: FOLDER/ or, of one file, FOLDER/NAME")
    .option("--name <name>", "store under this name (one file only)")
    .option("-r, --recursive", "store folders with everything in them, under names such as folder/file")
    .option("--parallel <n>", "chunks sent at once, 1 to 64", wholeNumber(1, 64), 4)
    .option("--copies <n>", `copies of each chunk on different nodes, 1 to ${COPIES_MAX}`, copies)
    .addHelpText("after", "\nAn upload that was interrupted goes on where it was when the same command is given again.")
    .action(run(async () => (await import("./put.ts")).put));
  program
    .command("ls")
    .description("list your files and folders")
    .argument("[path]", "a folder, or a file; without it, what is in none")
    .option("-l, --long", "with ids, sizes and copies")
    .option("--deleted", "those that were removed and can still be restored")
    .option("--sort <key>", "name, created_at or size_bytes; with a minus in front the other way", "name")
    .action(run(async () => (await import("./ls.ts")).ls));
  program
    .command("get")
    .description("fetch files")
    .argument("<path...>", "paths or ids")
    .option("-o, --output <path>", "the file or folder to write to, or - for stdout")
    .option("-r, --recursive", "fetch folders with all that lies in them, each file saved in its folder")
    .option("-f, --force", "replace files that are there already; without it they are left, and nothing is fetched")
    .addHelpText("after", "\nWhat was fetched before an interruption is kept in FILE.part, and not fetched again.")
    .action(run(async () => (await import("./get.ts")).get));
  program
    .command("rm")
    .description("remove files, with all their versions, or one version by its id")
    .argument("<path...>", "paths or ids")
    .option("-r, --recursive", "remove folders with all that lies in them, without asking")
    .addHelpText(
      "after",
      "\nUntil their grace has passed, a day unless the coordinator says otherwise, they can be restored; then their bytes\n" +
        "leave every node.",
    )
    .action(run(async () => (await import("./rm.ts")).rm));
  program
    .command("restore")
    .description("bring removed files and folders back")
    .argument("<name...>", 'names or ids; of several removed ones of one name the newest. See "ls --deleted"')
    .action(run(async () => (await import("./restore.ts")).restore));
  addFolderCommands(program, run);
  addSafetyCommands(program, run);
}

function addFolderCommands(program: Command, run: Run): void {
  program
    .command("mkdir")
    .description("make a folder, and those in which it lies")
    .argument("<path>", "where, as in photos/2026")
    .action(run(async () => (await import("./mkdir.ts")).mkdir));
  program
    .command("mv")
    .description("move a file or a folder, or give it another name")
    .argument("<from>", "a path or an id")
    .argument("<to>", "a folder that is there, or the new path")
    .action(run(async () => (await import("./mv.ts")).mv));
  program
    .command("search")
    .description("find files and folders by a part of their names")
    .argument("<text>", "one or two letters are looked for at the beginning of names, more anywhere")
    .action(run(async () => (await import("./search.ts")).search));
  program
    .command("versions")
    .description("list all versions of a file, the newest first")
    .argument("<path>", "a path or an id")
    .action(run(async () => (await import("./versions.ts")).versions));
}

function addSafetyCommands(program: Command, run: Run): void {
  program
    .command("show")
    .description("how safely a file is kept: its copies, its priority, its pins")
    .argument("<file>", "a path or an id")
    .action(run(async () => (await import("./show.ts")).show));
  const setPriority = run(async () => (await import("./set-redundancy.ts")).setPriority);
  program
    .command("priority")
    .description("say how much a file matters: what is repaired first, and in how many copies it is kept")
    .argument("<file>", "a path or an id")
    .argument("<priority>", copiesOfPriorities())
    .option("--copies <n>", `as many copies in place of the priority's own, 1 to ${COPIES_MAX}`, copies)
    .action((file: string, priority: string, options: object) => setPriority({ file, priority, ...options }));
  program
    .command("replicas")
    .description("set how many copies of a file there are")
    .argument("<file>", "a path or an id")
    .argument("<n>", `1 to ${COPIES_MAX}, on as many different nodes`, copies)
    .action(run(async () => (await import("./set-redundancy.ts")).setReplicas));
  program
    .command("pin")
    .description("keep a copy of a file on a node, whatever else happens")
    .argument("<file>", "a path or an id")
    .requiredOption("--node <node>", "the node's name or id")
    .action(run(async () => (await import("./pin.ts")).pin));
  program
    .command("unpin")
    .description("let a file's copy on a node go like any other")
    .argument("<file>", "a path or an id")
    .requiredOption("--node <node>", "the node's name or id")
    .action(run(async () => (await import("./pin.ts")).unpin));
}

/** "expendable or low (1 copy), …". */
function copiesOfPriorities(): string {
  const byCopies = Map.groupBy(PRIORITIES, (priority) => COPIES_OF_PRIORITY[priority]);
  return [...byCopies]
    .map(([count, names]) => `${names.join(" or ")} (${countOf(count, "copy", "copies")})`)
    .join(", ");
}
