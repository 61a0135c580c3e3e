import type { Command } from "commander";
import type { Run } from "../../program.ts";
import { wholeNumber } from "../../usage.ts";

export function addFileCommands(program: Command, run: Run): void {
  program.commandsGroup("Files:");
  program
    .command("put")
    .description("store files")
    .argument("<file...>", "files to store")
    .option("--name <name>", "store under this name (one file only)")
    .option("-r, --recursive", "store folders with everything in them, under names such as folder/file")
    .option("--parallel <n>", "chunks sent at once, 1 to 64", wholeNumber(1, 64), 4)
    .option("--copies <n>", "copies of each chunk on different nodes, 1 to 10", wholeNumber(1, 10))
    .addHelpText("after", "\nAn upload that was interrupted goes on where it was when the same command is given again.")
    .action(run(async () => (await import("./put.ts")).put));
  program
    .command("ls")
    .description("list your files")
    .argument("[part]", "only names that contain this")
    .option("-l, --long", "with ids, sizes and copies")
    .option("--sort <key>", "name, created_at or size_bytes; with a minus in front the other way", "name")
    .action(run(async () => (await import("./ls.ts")).ls));
  program
    .command("get")
    .description("fetch files")
    .argument("<name...>", "names or ids; of several files of one name the newest")
    .option("-o, --output <path>", "the file or folder to write to, or - for stdout")
    .option("-r, --recursive", "fetch folders: all files whose names begin with NAME/, each saved in its folder")
    .option("-f, --force", "replace files that are there already; without it they are left, and nothing is fetched")
    .addHelpText("after", "\nWhat was fetched before an interruption is kept in FILE.part, and not fetched again.")
    .action(run(async () => (await import("./get.ts")).get));
  program
    .command("rm")
    .description("remove files")
    .argument("<name...>", "names or ids; a name must be that of one file only")
    .option("-r, --recursive", "remove folders: all files whose names begin with NAME/, without asking")
    .addHelpText(
      "after",
      "\nThe files are gone for you at once. Their bytes stay on the nodes until they are collected, which this version\n" +
        "does not do yet.",
    )
    .action(run(async () => (await import("./rm.ts")).rm));
}
