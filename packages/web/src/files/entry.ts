import type { Answer } from "../api/api.ts";

export type FilesPage = Answer<"GET /api/v1/files">;
export type ListedFile = FilesPage["items"][number];
export type FoldersPage = Answer<"GET /api/v1/folders">;
export type ListedFolder = FoldersPage["items"][number];

interface EntryFields {
  /** Of a file the same for all its versions: what is selected stays so while a newer one arrives. */
  readonly id: string;
  readonly name: string;
  /** The folder in which it lies; null is the root. */
  readonly parentId: string | null;
}

export type FolderEntry = EntryFields & { readonly kind: "folder"; readonly folder: ListedFolder };
export type FileEntry = EntryFields & { readonly kind: "file"; readonly file: ListedFile };

/** What a list of files holds. The same object for the same answer: a list draws only those anew that changed. */
export type Entry = FolderEntry | FileEntry;

/** A folder to put things in; the root has no id. */
export interface Place {
  readonly id: string | null;
  readonly name: string;
}

const folders = new WeakMap<ListedFolder, FolderEntry>();
const files = new WeakMap<ListedFile, FileEntry>();

export function entryOfFolder(folder: ListedFolder): FolderEntry {
  const known = folders.get(folder);
  if (known !== undefined) return known;
  const entry = { kind: "folder", id: folder.id, name: folder.name, parentId: folder.parent_id, folder } as const;
  folders.set(folder, entry);
  return entry;
}

export function entryOfFile(file: ListedFile): FileEntry {
  const known = files.get(file);
  if (known !== undefined) return known;
  const { entry_id: id, filename: name, folder_id: parentId } = file;
  const entry = { kind: "file", id, name, parentId, file } as const;
  files.set(file, entry);
  return entry;
}

export function filesOf(entries: readonly Entry[]): readonly ListedFile[] {
  return entries.flatMap((entry) => (entry.kind === "file" ? [entry.file] : []));
}

const MADE_HERE = "new ";
let madeHere = 0;

/** A folder that is shown before the coordinator has made it. */
export function folderToBe(name: string, parentId: string | null): ListedFolder {
  const created_at = new Date().toISOString();
  return { id: `${MADE_HERE}${++madeHere}`, name, parent_id: parentId, created_at };
}

export function isToBe(entry: Entry): boolean {
  return entry.id.startsWith(MADE_HERE);
}
