import { describe, expect, it } from "vitest";
import { parseArguments, UsageError } from "./arguments.ts";
import { replayEconomy } from "./report/describe-economy.ts";
import { replayCommand } from "./report/describe-outcome.ts";

describe("the command line", () => {
  it("has usual values", () => {
    expect(parseArguments([], 9)).toEqual({
      kind: "run",
      seed: 9,
      nodes: 50,
      days: 30,
      chunks: 500,
      pace: "real",
      intensity: 1,
      broken: undefined,
    });
    expect(parseArguments(["sweep", "--chunks", "1000"], 9)).toEqual({
      kind: "sweep",
      nodes: 1_000,
      chunks: 1_000,
      catalog: "sqlite",
    });
    expect(parseArguments(["economy"], 9)).toEqual({
      kind: "economy",
      seed: 9,
      nodes: 50,
      days: 30,
      pace: "real",
      broken: undefined,
    });
    expect(parseArguments(["-h"], 9)).toEqual({ kind: "help" });
  });

  it("is repeated by the line that a failure prints", () => {
    const args = ["--seed", "7", "--nodes", "12", "--days", "5", "--pace", "slow", "--break", "blind-detector"];
    const command = parseArguments([...args, "--intensity", "0.5"], 9);
    if (command.kind !== "run") throw new Error("no run");
    const [, line] = replayCommand(command).split(" -- ");
    expect(parseArguments(line!.split(" "), 1)).toEqual(command);
  });

  it("is repeated by the line that a failure of the economy prints", () => {
    const args = ["economy", "--seed", "7", "--nodes", "12", "--days", "5", "--pace", "slow", "--break", "paid-twice"];
    const command = parseArguments(args, 9);
    if (command.kind !== "economy") throw new Error("no economy");
    const [, line] = replayEconomy(command).split(" -- ");
    expect(parseArguments(line!.split(" "), 1)).toEqual(command);
  });

  it.each([
    [["--seed", "x"], "--seed x"],
    [["economy", "--nodes", "9"], "--nodes 9"],
    [["economy", "--break", "blind-detector"], "--break blind-detector"],
    [["--nodes", "2"], "--nodes 2"],
    [["--days", "0"], "--days 0"],
    [["--pace", "fast"], "--pace fast"],
    [["--intensity", "0"], "--intensity 0"],
    [["--break", "all"], "--break all"],
    [["sweep", "--catalog", "paper"], "--catalog paper"],
    [["--fast"], "--fast"],
    [["walk"], "walk"],
  ])("refuses %j", (args, named) => {
    expect(() => parseArguments(args, 1)).toThrow(UsageError);
    expect(() => parseArguments(args, 1)).toThrow(named);
  });
});
