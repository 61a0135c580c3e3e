import { AppError } from "@commonhold/core/app-error.ts";
import type { CliContext } from "../../cli-context.ts";
import { printable } from "../../output/printable.ts";
import { usageError } from "../../usage.ts";
import { findEntry, folderAt, joinPath, type Stored, splitPath } from "./find-entry.ts";

/** Into a folder that is there, or to another name. */
export async function mv(context: CliContext, from: string, to: string): Promise<void> {
  const { output, signal } = context;
  const client = await context.openClient();
  const entry = await findEntry(client, from, signal);
  const name = splitPath(entry.path).name;
  if (entry.kind === "folder" && entry.id === null) throw usageError('"/" cannot be moved: name what lies in it');
  const target = await targetOf(client, { to, name }, signal);
  const moved =
    entry.kind === "file"
      ? await client.files.move(entry.file.file_id, { name: target.name, folderId: target.folderId }, signal)
      : await client.folders.move(entry.id!, { name: target.name, parentId: target.folderId }, signal);
  if (output.json) return output.document(moved);
  if (!output.quiet) output.line(printable(`moved ${entry.path} to ${target.path}`));
}

async function targetOf(
  client: Stored,
  { to, name }: { readonly to: string; readonly name: string },
  signal: AbortSignal,
): Promise<{ readonly folderId: string | null; readonly name: string; readonly path: string }> {
  const path = to.normalize("NFC").replace(/^\/+|\/+$/g, "");
  const folder = await folderAt(client, path, signal);
  if (folder !== undefined) return { folderId: folder.id, name, path: joinPath(path, name) };
  const wanted = splitPath(path);
  const parent = to.endsWith("/") ? undefined : await folderAt(client, wanted.folder, signal);
  if (parent !== undefined) return { folderId: parent.id, name: wanted.name, path };
  const missing = to.endsWith("/") ? path : wanted.folder;
  throw new AppError("FOLDER_NOT_FOUND", `there is no folder "${missing}": make it with "commonhold mkdir"`);
}
