import type { CliContext } from "../../cli-context.ts";
import { commandName } from "../../command-name.ts";
import { printable } from "../../output/printable.ts";
import { usageError } from "../../usage.ts";
import { type Entry, findEntry } from "./find-entry.ts";

export interface RmOptions {
  readonly recursive?: boolean;
}

export async function rm(context: CliContext, names: readonly string[], options: RmOptions): Promise<void> {
  const { output, signal } = context;
  const client = await context.openClient();
  // All are looked up first, so that a mistyped name removes nothing.
  const entries = new Map<string, Entry>();
  for (const name of names) {
    const entry = await findEntry(client, name, signal);
    if (entry.kind === "folder" && options.recursive !== true) {
      throw usageError(`"${name}" is a folder: add -r to remove it with everything in it`);
    }
    entries.set(idOf(entry), entry);
  }
  const removed: object[] = [];
  for (const [id, entry] of entries) {
    if (entry.kind === "file") {
      await client.files.remove(id, signal);
      removed.push({ file_id: id, filename: entry.file.filename });
    } else {
      await client.folders.remove(id, signal);
      removed.push({ folder_id: id, path: entry.path });
    }
    const path = entry.kind === "file" ? entry.path : `${entry.path}/`;
    if (!output.json && !output.quiet) output.line(printable(`removed ${path} (${id})`));
  }
  if (output.json) return output.document({ items: removed });
  const name = commandName(context.env);
  output.note(`"${name} restore" brings back what was removed; "${name} ls --deleted" shows until when.`);
}

function idOf(entry: Entry): string {
  if (entry.kind === "file") return entry.file.file_id;
  if (entry.id === null) throw usageError('"/" cannot be removed: name what lies in it');
  return entry.id;
}
