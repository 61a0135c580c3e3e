import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findViolations, type House, type PackageManifest } from "./layers.ts";
import { findMachineTraces } from "./machine-traces.ts";
import { PROJECT_FOLDER } from "./run-tool.ts";
import { listFiles, parseSourceFile, readSourceFiles } from "./source-files.ts";

const SKIPPED = /^(data|coverage)\/|\.(png|ico|woff2)$/;

function readManifest(path: string): PackageManifest & { readonly devDependencies?: Record<string, string> } {
  return JSON.parse(readFileSync(join(PROJECT_FOLDER, path, "package.json"), "utf8")) as PackageManifest;
}

function readHouse(): House {
  const folders = readdirSync(join(PROJECT_FOLDER, "packages"));
  return {
    files: folders.flatMap((folder) => readSourceFiles(PROJECT_FOLDER, `packages/${folder}/src`)),
    manifests: Object.fromEntries(folders.map((folder) => [folder, readManifest(`packages/${folder}`)])),
    developmentDependencies: Object.keys(readManifest(".").devDependencies ?? {}),
  };
}

describe("the house", () => {
  it("keeps to its floors, names and declared dependencies", () => {
    const house = readHouse();
    expect(house.files.length).toBeGreaterThan(50);
    expect(findViolations(house)).toEqual([]);
  });

  it("has no trace of anyone's machine in its files", () => {
    const paths = listFiles(PROJECT_FOLDER, ".").filter((path) => !SKIPPED.test(path));
    expect(paths).toContain("package-lock.json");
    const traces = paths.flatMap((path) => {
      const text = readFileSync(join(PROJECT_FOLDER, path), "utf8");
      return text.includes("\0") ? [] : findMachineTraces(text).map((trace) => `${path}:${trace}`);
    });
    expect(traces).toEqual([]);
  });
});

describe("findViolations finds", () => {
  const manifests: House["manifests"] = {
    core: { name: "@commonhold/core" },
    wire: { name: "@commonhold/wire", dependencies: { "@commonhold/core": "1" } },
    chunk: { name: "@commonhold/chunk", dependencies: { "@commonhold/core": "1", "@commonhold/wire": "1" } },
  };
  const good = [
    ["packages/core/src/ids.ts", "export const a = 1;"],
    [
      "packages/wire/src/frame.ts",
      'import { a } from "@commonhold/core/ids.ts"; import "./grant.ts"; import "node:fs";',
    ],
    ["packages/chunk/src/merkle.test.ts", 'import "@commonhold/core/ids.ts"; import { it } from "vitest";'],
    [
      "packages/chunk/src/merkle.ts",
      'export { a } from "@commonhold/core/ids.ts"; await import("@commonhold/wire/a.ts");',
    ],
  ] as const;

  function violationsOf(path: string, text: string): readonly string[] {
    const others = good.filter(([each]) => each !== path && !each.startsWith("packages/chunk/"));
    const files = [...others, [path, text] as const].map(([each, content]) => parseSourceFile(each, content));
    const { chunk: _, ...rest } = manifests;
    const known = path.startsWith("packages/chunk/") ? manifests : rest;
    return findViolations({ files, manifests: known, developmentDependencies: ["vitest"] });
  }

  it.each([
    [
      "packages/core/src/a.ts",
      'import "@commonhold/wire/frame.ts";',
      "core (floor 0) may import only from lower floors",
    ],
    ["packages/core/src/a.ts", 'import type { A } from "@commonhold/wire/frame.ts";', "wire is on floor 1"],
    ["packages/core/src/a.ts", 'export * from "@commonhold/wire/frame.ts";', "wire is on floor 1"],
    ["packages/core/src/a.ts", 'type A = import("@commonhold/wire/frame.ts").A;', "wire is on floor 1"],
    ["packages/core/src/a.ts", 'const a = await import("@commonhold/wire/frame.ts");', "wire is on floor 1"],
    ["packages/chunk/src/a.ts", 'import "@commonhold/wire/a.ts"; import "@commonhold/core/a.ts";', "floor 1"],
    ["packages/wire/src/a.ts", 'import "@commonhold/wire/frame.ts";', "this package itself"],
    ["packages/wire/src/a.ts", 'import "@commonhold/vault/a.ts";', "no such package"],
    ["packages/wire/src/a.ts", 'import "../../core/src/ids.ts";', "another package's file"],
    ["packages/wire/src/a.ts", 'import "./frame";', "whole name"],
    ["packages/wire/src/a.ts", 'import "lodash/fp";', "packages/wire/package.json does not have lodash"],
    ["packages/wire/src/a.ts", 'import "vitest";', "does not have vitest"],
    ["packages/wire/src/a.ts", 'import "fs";', 'write "node:fs"'],
    ["packages/wire/src/frame.ts", "", "has @commonhold/core, which nothing in it imports"],
    ["packages/core/src/a.ts", "export default 1;", "default export"],
    ["packages/core/src/index.ts", "", "barrel"],
    ["packages/core/src/byte-utils.ts", "", "says nothing by its name"],
    ["packages/core/src/helpers/a.ts", "", "says nothing by its name"],
    ["packages/core/src/node-manager.ts", "", "says nothing by its name"],
  ])("in %s: %s", (path, text, violation) => {
    const violations = violationsOf(path, text);
    expect(violations).toHaveLength(1);
    expect(violations[0]).toContain(violation);
  });

  it("a package without a floor", () => {
    const house = { files: [], manifests: { vault: { name: "@commonhold/vault" } }, developmentDependencies: [] };
    expect(findViolations(house)).toEqual([expect.stringContaining("packages/vault has no floor")]);
  });

  it("nothing in a tidy house", () => {
    const files = good.map(([path, text]) => parseSourceFile(path, text));
    const { chunk: _, ...rest } = manifests;
    const tidy = files.filter((file) => !file.path.startsWith("packages/chunk/src/merkle.ts"));
    const chunk = { name: "@commonhold/chunk", dependencies: {} };
    const withoutTest = tidy.filter((file) => !file.isTest);
    expect(findViolations({ files: withoutTest, manifests: { ...rest, chunk }, developmentDependencies: [] })).toEqual(
      [],
    );
  });
});

describe("findMachineTraces", () => {
  it.each([
    ["see ", ["", "home", "me"].join("/")],
    ['path: "', ["", "root", ".npmrc"].join("/")],
    ["(", ["", "work", "main"].join("/")],
    ["in ", ["", "tmp", "bash_jobs"].join("/")],
    ["from ", ["https:", "", "registry.example.org", "x"].join("/")],
  ])("finds %s%s", (before, trace) => {
    expect(findMachineTraces(`first\n${before}${trace} after`)).toEqual([`2: ${trace}`]);
  });

  it.each([
    "a/home/b",
    "~/home/x",
    "http://host/home/x",
    "https://nodejs.org",
    "/tmp/commonhold",
    "the registry",
    "/home/ada/x",
  ])("leaves %s alone", (text) => {
    expect(findMachineTraces(text)).toEqual([]);
  });
});
