/** `npm run docs`: writes the documents that are made from the program itself. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { referenceDocuments } from "./reference-documents.ts";
import { PROJECT_FOLDER } from "./run-tool.ts";

for (const [path, content] of referenceDocuments()) {
  writeFileSync(join(PROJECT_FOLDER, path), content);
  console.log(path);
}
