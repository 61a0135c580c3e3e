import type { SearchHit } from "@commonhold/client/folders.ts";
import type { CliContext } from "../../cli-context.ts";
import { printable } from "../../output/printable.ts";
import { joinPath } from "./find-entry.ts";

export async function search(context: CliContext, text: string): Promise<void> {
  const { output, signal } = context;
  const client = await context.openClient();
  const hits: SearchHit[] = [];
  let found = 0;
  for await (const hit of client.folders.search(text, signal)) {
    found += 1;
    if (output.json) hits.push(hit);
    else output.line(printable(pathOf(hit)));
  }
  if (output.json) return output.document({ items: hits });
  if (found === 0) output.note(`No name contains "${printable(text)}"`);
}

/** A folder's ends with a slash. */
function pathOf({ file, folder, path }: SearchHit): string {
  const place = path.map(({ name }) => name).join("/");
  return file === undefined ? `${joinPath(place, folder?.name ?? "")}/` : joinPath(place, file.filename);
}
