import type { Command } from "commander";
import type { Run } from "../../program.ts";
import { durationSeconds, wholeNumber } from "../../usage.ts";

export function addShareCommands(program: Command, run: Run): void {
  program.commandsGroup("Share files:");
  program
    .command("share")
    .description("make a link by which anybody can read a file, without an account")
    .argument("<file>", "a name or an id; with --sealed a file on this machine")
    .option("--expires <time>", "until when it works, such as 12h or 7d (default: without end)", durationSeconds)
    .option("--password-file <file>", "ask for a password: the first line of this file")
    .option("--downloads <n>", "how often it works (default: without end)", wholeNumber(1, 1_000_000))
    .option("--sealed", "seal the file here before it is stored, under a key that only the link has")
    .addHelpText(
      "after",
      "\nOf a sealed file the coordinator sees neither name nor content. The key is behind the # of the link and nowhere\n" +
        "else: whoever loses the link loses the file.",
    )
    .action(run(async () => (await import("./share.ts")).share));
  program
    .command("shares")
    .description("list your links")
    .argument("[file]", "only those to this file, by its name or id")
    .action(run(async () => (await import("./list-shares.ts")).listShares));
  program
    .command("unshare")
    .description("take links back")
    .argument("<id...>", 'ids of links, as "shares" shows them')
    .action(run(async () => (await import("./unshare.ts")).unshare));
  program
    .command("receive")
    .description("fetch a file that somebody shares, by its link")
    .argument("<link>", "all of it, with what is behind the #; in quotes, or - to read it from stdin")
    .option("-o, --output <path>", "the file or folder to write to")
    .option("-f, --force", "replace a file that is there already")
    .option("--password-file <file>", "the link's password: the first line of this file (default: it is asked for)")
    .action(run(async () => (await import("./receive.ts")).receive));
}
