import type { Command } from "commander";
import type { Run } from "../../program.ts";
import { byteSize, wholeNumber } from "../../usage.ts";

export function addOperationCommands(program: Command, run: Run): void {
  program.commandsGroup("Keep a network well:");
  const repair = program.command("repair").description("how lost copies are made anew");
  repair
    .command("status", { isDefault: true })
    .description("what lacks copies, since when, what is being done about it, and what cannot be helped")
    .action(run(async () => (await import("./repair-status.ts")).repairStatus));
  program
    .command("rebalance")
    .description("move copies from full nodes to empty ones (admins and operators)")
    .option("--dry-run", "only say what would be moved")
    .action(run(async () => (await import("./rebalance.ts")).rebalance));
  addAuditCommands(program, run);
  addJobCommands(program, run);
}

function addAuditCommands(program: Command, run: Run): void {
  const audits = program.command("audits").description("what anyone can check of how nodes are audited");
  audits
    .command("periods", { isDefault: true })
    .description("the days of audits: the commitment to each one's key, and the key once it is published")
    .action(run(async () => (await import("./audit-periods.ts")).listPeriods));
  audits
    .command("verify")
    .description("work out again from the published key what your nodes were asked in a day, and compare")
    .argument("<day>", 'a UTC day that is over, such as "2026-01-31"; passed audits are kept for 48 hours')
    .option("--node <node>", "only of this one, its name or id (default: all of yours)")
    .option("--commitment <hex>", "what you noted while the day lasted")
    .action(run(async () => (await import("./verify-audits.ts")).verifyAudits));
}

function addJobCommands(program: Command, run: Run): void {
  const jobs = program.command("jobs").description("the coordinator's periodic work (admins)");
  jobs
    .command("list", { isDefault: true })
    .description("all jobs, how they are, when they ran and run next")
    .option("-l, --long", "with what each of them does")
    .action(run(async () => (await import("./jobs.ts")).listJobs));
  const act = (verb: "run" | "pause" | "resume", description: string) =>
    jobs
      .command(verb)
      .description(description)
      .argument("<job>", "its name")
      .action(run(async () => (await import("./jobs.ts")).actOnJob(verb)));
  act("run", "begin a run now; what it did stands in the list");
  act("pause", "do nothing until it is resumed, also over restarts of the coordinator");
  act("resume", "let a paused job go on");
  jobs
    .command("throttle")
    .description("hold a job to a pace, also over restarts; without limits it is as configured")
    .argument("<job>", "its name")
    .option("--bytes-per-second <size>", 'the most that it moves, such as "10MB"; 64KiB at least', byteSize)
    .option("--concurrent <n>", "as many at once", wholeNumber(1, 1000))
    .action(run(async () => (await import("./jobs.ts")).throttleJob));
}
