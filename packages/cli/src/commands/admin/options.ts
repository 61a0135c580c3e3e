import { Argument, type Command, Option } from "commander";
import type { Run } from "../../program.ts";
import { wholeNumber } from "../../usage.ts";

const ROLES = ["user", "operator", "admin"] as const;

export function addAdminCommand(program: Command, run: Run): void {
  const admin = program.command("admin").description("people, what was done, and how the network is set (admins)");
  admin
    .command("users")
    .description("everybody who has an account, by e-mail address")
    .argument("[beginning]", "only those whose address begins so, or the one with this id")
    .addOption(new Option("--role <role>", "only those of this role").choices(ROLES))
    .action(run(async () => (await import("./users.ts")).listUsers));
  admin
    .command("role")
    .description("give a person another role")
    .argument("<user>", "the e-mail address or id")
    .addArgument(new Argument("<role>", "what they may do").choices(ROLES))
    .action(run(async () => (await import("./users.ts")).setRole));
  admin
    .command("disable")
    .description("shut an account: it is signed out everywhere; its files and nodes stay")
    .argument("<user>", "the e-mail address or id")
    .action(run(async () => (await import("./users.ts")).setDisabled(true)));
  admin
    .command("enable")
    .description("open an account again")
    .argument("<user>", "the e-mail address or id")
    .action(run(async () => (await import("./users.ts")).setDisabled(false)));
  admin
    .command("grant")
    .description("give a person credits")
    .argument("<user>", "the e-mail address or id")
    .argument("<credits>", "such as 10 or 2.5")
    .requiredOption("--reason <text>", "what for; the person reads it in their history")
    .option("--key <text>", "the same command again with this key gives only once (default: one by chance)")
    .action(run(async () => (await import("./grant.ts")).grantCredits));
  admin
    .command("log")
    .description("what admins and operators had done, newest first")
    .option("-n, --lines <n>", "as many at most", wholeNumber(1, 100_000), 50)
    .action(run(async () => (await import("./log.ts")).showLog));
  admin
    .command("settings")
    .description("the coordinator's settings that are not as by default, and where each comes from")
    .option("-a, --all", "every setting")
    .action(run(async () => (await import("./settings.ts")).showSettings));
}
