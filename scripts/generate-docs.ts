/** `npm run docs`: writes the documents that are made from the program itself. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { referenceDocuments } from "./reference-documents.ts";
import { PROJECT_FOLDER } from "./run-tool.ts";
import { WEB_API_TYPES, webApiTypes } from "./web-api-types.ts";

for (const [path, content] of [...referenceDocuments(), [WEB_API_TYPES, await webApiTypes()] as const]) {
  writeFileSync(join(PROJECT_FOLDER, path), content);
  console.log(path);
}
