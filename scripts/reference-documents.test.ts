import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { referenceDocuments } from "./reference-documents.ts";
import { PROJECT_FOLDER } from "./run-tool.ts";

it.each([...referenceDocuments()])("%s is in step with the program (mend: npm run docs)", (path, content) => {
  expect(content).toMatch(/^\|.*\|$/m);
  expect(readFileSync(join(PROJECT_FOLDER, path), "utf8")).toBe(content);
});
