import { describe, expect, it } from "vitest";
import { parseArguments, UsageError } from "./arguments.ts";

const CASES = ["upload-1gb", "download-1gb", "small"];
const parse = (line: string) => parseArguments(line.split(" ").filter(Boolean), CASES);

describe("cases", () => {
  it("are all of them, five runs each, unless some are named", () => {
    expect(parse("")).toEqual({
      kind: "cases",
      options: {
        names: CASES,
        runs: 5,
        diskBytesMax: 40e9,
        jsonFile: undefined,
        data: undefined,
        strict: false,
      },
    });
  });

  it("run in their own order, each once", () => {
    expect(parse("small upload-1gb small --runs 3 --json out.json --data /data --strict --disk-max 2GB")).toEqual({
      kind: "cases",
      options: {
        names: ["upload-1gb", "small"],
        runs: 3,
        diskBytesMax: 2e9,
        jsonFile: "out.json",
        data: "/data",
        strict: true,
      },
    });
  });

  it("can be listed, and help asked for", () => {
    expect(parse("--list")).toEqual({ kind: "list" });
    expect(parse("-h")).toEqual({ kind: "help" });
    expect(parse("soak --help")).toEqual({ kind: "help" });
  });
});

describe("soak", () => {
  it("moves 10 GB in one stream unless told otherwise", () => {
    expect(parse("soak")).toEqual({
      kind: "soak",
      options: {
        bytes: 10e9,
        clients: 1,
        slowReader: false,
        stoppedReader: false,
        csvFile: undefined,
        data: undefined,
        strict: false,
      },
    });
  });

  it("takes its options", () => {
    expect(parse("--gb 0.5 soak --clients 10 --slow-reader --stopped-reader --csv rss.csv --strict")).toMatchObject({
      kind: "soak",
      options: { bytes: 5e8, clients: 10, slowReader: true, stoppedReader: true, csvFile: "rss.csv", strict: true },
    });
  });
});

describe("audits", () => {
  it("are measured three times unless told otherwise", () => {
    const options = { runs: 3, data: undefined, strict: false };
    expect(parse("audits")).toEqual({ kind: "audits", options });
    expect(parse("--strict audits --runs 1")).toEqual({
      kind: "audits",
      options: { ...options, runs: 1, strict: true },
    });
  });
});

describe("ledger", () => {
  it("has ten million entries unless told otherwise", () => {
    const options = { entries: 10_000_000, runs: 5, data: undefined, strict: false };
    expect(parse("ledger")).toEqual({ kind: "ledger", options });
    expect(parse("ledger --entries 40000 --data /mnt")).toEqual({
      kind: "ledger",
      options: { ...options, entries: 40_000, data: "/mnt" },
    });
  });
});

describe("what is wrong is refused", () => {
  it.each([
    ["uplod-1gb", 'There is no case "uplod-1gb". Did you mean "upload-1gb"?'],
    ["xyz", "The cases are upload-1gb, download-1gb, small"],
    ["--runs 0", "--runs is"],
    ["--runs 1.5", "--runs is"],
    ["--disk-max lots", "--disk-max"],
    ["--clients 3", "--clients"],
    ["--nonsense", "--nonsense"],
    ["soak small", "soak runs alone"],
    ["audits small", "audits runs alone"],
    ["ledger small", "ledger runs alone"],
    ["ledger --entries 0", "--entries is"],
    ["audits --gb 2", "--gb"],
    ["soak --gb 0", "--gb is"],
    ["soak --gb 1e3", "--gb is"],
    ["soak --clients 0", "--clients is"],
    ["soak --runs 2", "--runs"],
  ])("%s", (line, message) => {
    expect(() => parse(line)).toThrow(UsageError);
    expect(() => parse(line)).toThrow(message);
  });
});

describe("tab", () => {
  it("sends 5 GB unless told otherwise", () => {
    expect(parse("tab")).toEqual({ kind: "tab", options: { bytes: 5e9, data: undefined, strict: false } });
    expect(parse("tab --gb 0.5 --data /data --strict")).toEqual({
      kind: "tab",
      options: { bytes: 0.5e9, data: "/data", strict: true },
    });
  });

  it("runs alone", () => {
    expect(() => parse("tab upload-1gb")).toThrow("tab runs alone");
  });
});
