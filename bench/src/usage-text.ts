import { formatColumns } from "./report/format-columns.ts";
import type { BenchCase } from "./cases/bench-case.ts";

export function listText(cases: readonly BenchCase[]): string[] {
  const soak = ["soak", "memory while many gigabytes go up and down: coordinator under 300 MB, each node under 200 MB"];
  const repair = [
    "repair",
    "a node dies for good: how soon every copy is made anew, and at what rate beside plain copying",
  ];
  const audits = [
    "audits",
    "answers verified: 10,000 a second and core; an answer under 18 KB; a day of 1,000,000 copies planned within 1 s",
  ];
  const ledger = ["ledger", "10,000,000 entries: a balance in under 5 ms, a page of history, the daily check"];
  const tab = ["tab", "memory of a browser's tab while it sends a file of 5 GB: it does not grow with the file"];
  const others = [soak, repair, audits, ledger, tab];
  return formatColumns([...cases.map(({ name, summary }) => [name, summary]), ...others], "ll");
}

export function helpText(cases: readonly BenchCase[]): string[] {
  return [
    "npm run bench -- [CASE…] [--runs 5] [--json FILE] [--data DIR] [--disk-max 40GB] [--strict] [--list]",
    "npm run bench -- soak [--gb 10] [--clients 1] [--slow-reader] [--stopped-reader] [--csv FILE] [--data DIR] [--strict]",
    "npm run bench -- repair [--gb 2] [--nodes 6] [--runs 1] [--data DIR] [--strict]",
    "npm run bench -- audits [--runs 3] [--strict]",
    "npm run bench -- ledger [--entries 10000000] [--runs 5] [--data DIR] [--strict]",
    "npm run bench -- tab [--gb 5] [--data DIR] [--strict]",
    "",
    ...listText(cases).map((line) => `  ${line}`),
    "",
    ...formatColumns(
      [
        ["--runs N", "samples of each; the median counts"],
        ["--json FILE", "write every sample there"],
        ["--data DIR", "the folder in which temporary ones are made: choose the disk that is to be measured"],
        ["--disk-max SIZE", "refuse to take more of the disk than this at once"],
        ["--strict", "exit code 1 also where everything works but something asked is short"],
        ["--gb N", "gigabytes up, and then down again"],
        ["--clients N", "so many transfers at once"],
        ["--slow-reader", "beside them a client that reads 1 MB a second"],
        ["--stopped-reader", "beside them a client that stops reading"],
        ["--csv FILE", "write every sample of memory there"],
        ["--nodes N", "nodes at the beginning"],
        ["--entries N", "entries of the ledger"],
      ],
      "ll",
    ).map((line) => `  ${line}`),
    "",
    "Settings of the roles can be tried by environment, such as COMMONHOLD_COORDINATOR_LIMITS_TRANSFER_MEMORY_BYTES=64MiB.",
    "Exit codes: 0 it worked, 1 something did not work, 2 wrong usage, 130 Ctrl-C.",
  ];
}
