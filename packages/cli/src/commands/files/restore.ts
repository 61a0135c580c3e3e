import type { FileObject } from "@commonhold/client/files.ts";
import type { FolderObject } from "@commonhold/client/folders.ts";
import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import { isUuid } from "@commonhold/core/ids.ts";
import type { CliContext } from "../../cli-context.ts";
import { printable } from "../../output/printable.ts";
import { type Stored, splitPath } from "./find-entry.ts";

type Deleted = { readonly kind: "file" | "folder" | "either"; readonly id: string };

export async function restore(context: CliContext, names: readonly string[]): Promise<void> {
  const { output, signal } = context;
  const client = await context.openClient();
  // All are looked up first, so that a mistyped name restores nothing.
  const found = new Map<string, Deleted>();
  for (const name of names) {
    const deleted = await findDeleted(client, name, signal);
    found.set(deleted.id, deleted);
  }
  const restored: object[] = [];
  for (const deleted of found.values()) {
    const entry = await bringBack(client, deleted, signal);
    restored.push(entry);
    const shown = "file_id" in entry ? `${entry.filename} (${entry.file_id})` : `${entry.name}/ (${entry.id})`;
    if (!output.json && !output.quiet) output.line(printable(`restored ${shown}`));
  }
  if (output.json) output.document({ items: restored });
}

async function bringBack(
  client: Stored,
  { kind, id }: Deleted,
  signal: AbortSignal,
): Promise<FileObject | FolderObject> {
  if (kind === "folder") return await client.folders.restore(id, signal);
  try {
    return await client.files.restore(id, signal);
  } catch (error) {
    if (kind === "file" || !hasCode(error, "FILE_NOT_FOUND")) throw error;
    return await client.folders.restore(id, signal);
  }
}

/** What was removed is in no folder: of a path the last part counts. */
async function findDeleted(client: Stored, pathOrId: string, signal: AbortSignal): Promise<Deleted> {
  if (isUuid(pathOrId)) return { kind: "either", id: pathOrId };
  const { name } = splitPath(pathOrId.normalize("NFC").replace(/\/+$/, ""));
  if (!pathOrId.endsWith("/")) {
    const list = client.files.list({ deleted: true, nameContains: name, sort: "-created_at", signal });
    for await (const file of list) if (file.filename === name) return { kind: "file", id: file.file_id };
  }
  for await (const folder of client.folders.list({ deleted: true, signal })) {
    if (folder.name === name) return { kind: "folder", id: folder.id };
  }
  throw new AppError(
    "FILE_NOT_FOUND",
    `nothing "${pathOrId}" was removed that could be restored: "commonhold ls --deleted" shows what could`,
  );
}
