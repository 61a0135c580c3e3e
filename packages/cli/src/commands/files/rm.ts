import type { FileObject } from "@commonhold/client/files.ts";
import type { CliContext } from "../../cli-context.ts";
import { printable } from "../../output/printable.ts";
import { findFolder, noFolder } from "./find-folder.ts";
import { findOneFile } from "./find-one-file.ts";

export interface RmOptions {
  readonly recursive?: boolean;
}

export async function rm(context: CliContext, names: readonly string[], options: RmOptions): Promise<void> {
  const { output, signal } = context;
  const client = await context.openClient();
  // All are looked up first, so that a mistyped name removes nothing.
  const files: FileObject[] = [];
  for (const name of names) {
    const folder = options.recursive === true ? await findFolder(client.files, name, { signal }) : [];
    if (folder.length > 0) files.push(...folder);
    else if (options.recursive === true && name.endsWith("/")) throw noFolder(name);
    else files.push(await findOneFile(client.files, name, signal));
  }
  const removed: object[] = [];
  for (const file of new Map(files.map((file) => [file.file_id, file])).values()) {
    await client.files.remove(file.file_id, signal);
    removed.push({ file_id: file.file_id, filename: file.filename });
    if (!output.json && !output.quiet) output.line(printable(`removed ${file.filename} (${file.file_id})`));
  }
  if (output.json) output.document({ items: removed });
}
