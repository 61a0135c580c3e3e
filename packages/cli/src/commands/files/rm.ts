import type { FileObject } from "@commonhold/client/files.ts";
import type { CliContext } from "../../cli-context.ts";
import { formatMoment } from "../../output/format-time.ts";
import { printable } from "../../output/printable.ts";
import { usageError } from "../../usage.ts";
import { findFiles } from "./find-file.ts";
import { findFolder, noFolder } from "./find-folder.ts";

export interface RmOptions {
  readonly recursive?: boolean;
}

export async function rm(context: CliContext, names: readonly string[], options: RmOptions): Promise<void> {
  const { output, signal } = context;
  const client = await context.openClient();
  // All are looked up first, so that a mistyped name removes nothing.
  const files: FileObject[] = [];
  for (const name of names) {
    const folder = options.recursive === true ? await findFolder(client.files, name, signal) : [];
    if (folder.length > 0) files.push(...folder);
    else if (options.recursive === true && name.endsWith("/")) throw noFolder(name);
    else files.push(onlyOne(name, await findFiles(client.files, name, signal)));
  }
  const removed: object[] = [];
  for (const file of new Map(files.map((file) => [file.file_id, file])).values()) {
    await client.files.remove(file.file_id, signal);
    removed.push({ file_id: file.file_id, filename: file.filename });
    if (!output.json && !output.quiet) output.line(printable(`removed ${file.filename} (${file.file_id})`));
  }
  if (output.json) output.document({ items: removed });
}

function onlyOne(name: string, found: readonly FileObject[]): FileObject {
  const [file, ...others] = found;
  if (file !== undefined && others.length === 0) return file;
  const shown = found.map((candidate) => `${candidate.file_id} of ${formatMoment(candidate.created_at)}`).join(", ");
  throw usageError(`several files are named "${name}": give an id instead (${shown})`);
}
