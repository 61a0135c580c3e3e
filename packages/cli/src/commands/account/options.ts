import type { Command } from "commander";
import type { Run } from "../../program.ts";

export function addAccountCommands(program: Command, run: Run): void {
  program.commandsGroup("Account:");
  program
    .command("register")
    .description("create an account and log in")
    .argument("[email]", "asked for where it is not given")
    .option("--name <name>", "your name, as others see it")
    .option("--password-stdin", "read the password from stdin")
    .action(run(async () => (await import("./register.ts")).register));
  program
    .command("login")
    .description("log in to a coordinator")
    .argument("[email]", "asked for where it is not given")
    .option("--trial", "use the first account of the network in --data on this machine")
    .option("--data <dir>", "the network's folder, for --trial", "./data")
    .option("--password-stdin", "read the password from stdin")
    .action(run(async () => (await import("./login.ts")).login));
  program
    .command("logout")
    .description("end the session and forget the login")
    .action(run(async () => (await import("./logout.ts")).logout));
  program
    .command("password")
    .description("change your password and end your other logins")
    .option("--password-stdin", "read the current and the new password from stdin, a line each")
    .action(run(async () => (await import("./password.ts")).changePassword));
  program
    .command("whoami")
    .description("show who is logged in, where, and with how many credits")
    .action(run(async () => (await import("./whoami.ts")).whoami));

  program
    .command("earnings")
    .description("show what your nodes earn, a line a day")
    .option("--month <month>", "such as 2026-01, by UTC (default: the one under way)")
    .option("--node <node>", "the node's name or id (default: all of yours)")
    .action(run(async () => (await import("./earnings.ts")).showEarnings));

  const credits = program.command("credits").description("show, buy and follow your credits");
  credits
    .command("show", { isDefault: true })
    .description("show how you stand, and how long it lasts (what credits does by itself)")
    .action(run(async () => (await import("./credits.ts")).showCredits));
  credits
    .command("buy")
    .description("buy credits")
    .argument("<amount_usd>", "in US dollars, such as 10 or 2.50")
    .option("--no-wait", "where it is paid at an address: show that, and do not wait")
    .action(run(async () => (await import("./credits.ts")).buyCredits));
  credits
    .command("days")
    .description("show what each day's storage was charged, by UTC, newest first")
    .action(run(async () => (await import("./credits.ts")).showDays));
  credits
    .command("history")
    .description("show what came into the credits that can be spent and what left them, newest first")
    .action(run(async () => (await import("./credits.ts")).showHistory));
}
