import type { Command } from "commander";
import type { Run } from "../../program.ts";
import { wholeNumber } from "../../usage.ts";

export function addCoordinatorCommand(program: Command, run: Run): void {
  program.commandsGroup("Run a network:");
  const coordinator = program.command("coordinator").description("the service that knows what lies where");
  coordinator
    .command("start")
    .description("run a coordinator until Ctrl-C")
    .option("--data <dir>", "its folder", "./data/coordinator")
    .option(
      "--port <n>",
      "the port of its API (default: http.port of coordinator.toml, else 8080)",
      wholeNumber(0, 65_535),
    )
    .option("--host <address>", "the address of its API (default: http.host, else 127.0.0.1)")
    .option(
      "--trial",
      "with the defaults of a trial on one machine: silent nodes are given up, and all are audited, sooner",
    )
    .action(run(async () => (await import("./start.ts")).startCoordinatorRole, { handlesSignals: true }));
}
