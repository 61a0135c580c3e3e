import type { FileSource } from "@commonhold/client/file-source.ts";

/** What was given to upload: the file, the name that it gets, and where a later page finds it again. */
export interface GivenFile {
  readonly file: File;
  /** With the folders that it came in, "photos/2024/a.jpg". */
  readonly name: string;
  readonly handle?: FileSystemFileHandle;
  readonly sealed?: SealedFile;
}

/** What is sent in place of a file: sealed as it is read, by a name that says nothing. A later page lacks the key. */
export interface SealedFile {
  readonly source: FileSource;
  /** It is done once this is. */
  readonly onStored: (fileId: string) => Promise<void>;
}

/** All that was dropped or chosen at once. */
export interface GivenFiles {
  readonly files: readonly GivenFile[];
  /** The paths of those folders that have no file in them. */
  readonly emptyFolders: readonly string[];
  /** Whether there was more than is taken at once. */
  readonly isCut: boolean;
  /** How many files and folders the browser could not read: gone meanwhile, not permitted, or only a link to nothing. */
  readonly unreadable: number;
}

export const GIVEN_FILES_MAX = 10_000;

/** The files of a drop, those in folders with their folders' names. Call it before anything is awaited. */
export async function droppedFiles(transfer: DataTransfer): Promise<GivenFiles> {
  // The list is emptied as soon as the event's handler returns.
  const items = Array.from(transfer.items)
    .filter((item) => item.kind === "file")
    .map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile(), handle: handleOf(item) }));
  const found: Found = { files: [], emptyFolders: [], unreadable: 0 };
  for (const { entry, file, handle } of items) {
    if (entry?.isDirectory === true) await walk(entry as FileSystemDirectoryEntry, found);
    else if (file === null) found.unreadable += 1;
    else found.files.push(withHandle({ file, name: file.name }, await handle));
  }
  return cut(found);
}

/** The files of an input; those of a chosen folder carry its name. */
export function chosenFiles(list: FileList | null): GivenFiles {
  const files = Array.from(list ?? [], (file) => ({ file, name: file.webkitRelativePath || file.name }));
  return cut({ files, emptyFolders: [], unreadable: 0 });
}

function cut({ files, emptyFolders, unreadable }: Found): GivenFiles {
  const isCut = countOf({ files, emptyFolders }) > GIVEN_FILES_MAX;
  const taken = files.slice(0, GIVEN_FILES_MAX);
  return { files: taken, emptyFolders: emptyFolders.slice(0, GIVEN_FILES_MAX - taken.length), isCut, unreadable };
}

function countOf({ files, emptyFolders }: Pick<Found, "files" | "emptyFolders">): number {
  return files.length + emptyFolders.length;
}

type HandleItem = DataTransferItem & { getAsFileSystemHandle?(): Promise<FileSystemHandle | null> };

function handleOf(item: HandleItem): Promise<FileSystemHandle | null | undefined> {
  return item.getAsFileSystemHandle?.().catch(() => undefined) ?? Promise.resolve(undefined);
}

function withHandle(given: GivenFile, handle: FileSystemHandle | null | undefined): GivenFile {
  return handle?.kind === "file" ? { ...given, handle: handle as FileSystemFileHandle } : given;
}

interface Found {
  readonly files: GivenFile[];
  readonly emptyFolders: string[];
  unreadable: number;
}

/** What cannot be read is passed by: a link to nothing among a thousand files is no reason to take none of them. */
async function walk(folder: FileSystemDirectoryEntry, found: Found): Promise<void> {
  const reader = folder.createReader();
  for (let isEmpty = true; ; isEmpty = false) {
    const entries = await readEntries(reader);
    if (entries === undefined) found.unreadable += 1;
    else if (entries.length === 0 && isEmpty) found.emptyFolders.push(pathOf(folder));
    if (entries === undefined || entries.length === 0) return;
    for (const entry of entries) {
      if (countOf(found) > GIVEN_FILES_MAX) return;
      if (entry.isDirectory) await walk(entry as FileSystemDirectoryEntry, found);
      else {
        const file = await readFile(entry as FileSystemFileEntry);
        if (file === undefined) found.unreadable += 1;
        else found.files.push({ file, name: pathOf(entry) });
      }
    }
  }
}

function readEntries(reader: FileSystemDirectoryReader): Promise<readonly FileSystemEntry[] | undefined> {
  return new Promise((resolve) => reader.readEntries(resolve, () => resolve(undefined)));
}

function readFile(entry: FileSystemFileEntry): Promise<File | undefined> {
  return new Promise((resolve) => entry.file(resolve, () => resolve(undefined)));
}

function pathOf(entry: FileSystemEntry): string {
  return entry.fullPath.replace(/^\//, "");
}
