import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { adminNodesTexts } from "./admin-texts.ts";
import { healthTexts, nodeStatusTexts } from "./health-texts.ts";
import { lendTexts, networkTexts, nodesTexts } from "./nodes-texts.ts";

const TOP = new URL("../../../../", import.meta.url);
const textOf = (path: string): string => readFileSync(new URL(path, TOP), "utf8");
/** What people read, as one text. */
const said = (texts: object): string =>
  JSON.stringify(texts, (_name, value: unknown) => (typeof value === "function" ? String(value("")) : value));

it("every command that a page tells people to type is one that a copy of the project has", () => {
  const all = said({ adminNodesTexts, healthTexts, nodeStatusTexts, lendTexts, networkTexts, nodesTexts });
  // Without npx there is no such command on a machine.
  expect(all).not.toMatch(/(?<!npx )commonhold (node|token|login|repair)\b/);
  expect(lendTexts.run.command("commonhold node init --name NAME")).toMatch(/^npx commonhold node init --name NAME /);
  expect(lendTexts.start.command).toMatch(/^npx commonhold node start /);
});

it("what installs the command is a script of the project, on the page and in the README", () => {
  const { scripts } = JSON.parse(textOf("package.json")) as { scripts: Readonly<Record<string, string>> };
  const name = /^npm run (\w+)$/.exec(lendTexts.setup.command)?.[1] ?? "none";
  expect(scripts[name]).toMatch(/^node scripts\/launch\.mjs scripts\/setup\.ts$/);
  expect(textOf("README.md")).toContain(`\n${lendTexts.setup.command} `);
});
