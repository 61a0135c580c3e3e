import type { FileObject, Files } from "@commonhold/client/files.ts";
import { AppError } from "@commonhold/core/app-error.ts";
import { isUuid } from "@commonhold/core/ids.ts";
import type { CliContext } from "../../cli-context.ts";
import { printable } from "../../output/printable.ts";
import { findFolder } from "./find-folder.ts";

export async function restore(
  context: CliContext,
  names: readonly string[],
  options: { readonly recursive?: boolean },
): Promise<void> {
  const { output, signal } = context;
  const client = await context.openClient();
  // All are looked up first, so that a mistyped name restores nothing.
  const ids: string[] = [];
  for (const name of names) {
    const folder = options.recursive === true ? await findFolder(client.files, name, { deleted: true, signal }) : [];
    if (folder.length > 0) ids.push(...folder.map((file) => file.file_id));
    else ids.push(await findDeleted(client.files, name, signal));
  }
  const restored: FileObject[] = [];
  for (const id of new Set(ids)) {
    const file = await client.files.restore(id, signal);
    restored.push(file);
    if (!output.json && !output.quiet) output.line(printable(`restored ${file.filename} (${file.file_id})`));
  }
  if (output.json) output.document({ items: restored });
}

async function findDeleted(files: Files, nameOrId: string, signal: AbortSignal): Promise<string> {
  if (isUuid(nameOrId)) return nameOrId;
  const name = nameOrId.normalize("NFC");
  for await (const file of files.list({ deleted: true, nameContains: name, sort: "-created_at", signal })) {
    if (file.filename === name) return file.file_id;
  }
  throw new AppError(
    "FILE_NOT_FOUND",
    `no file "${nameOrId}" was removed that could be restored: "commonhold ls --deleted" shows what could`,
  );
}
