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
}

export const GIVEN_FILES_MAX = 10_000;

/** The files of a drop, those in folders with their folders' names. Call it before anything is awaited. */
export async function droppedFiles(transfer: DataTransfer): Promise<GivenFiles> {
  // The list is emptied as soon as the event's handler returns.
  const items = Array.from(transfer.items)
    .filter((item) => item.kind === "file")
    .map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile(), handle: handleOf(item) }));
  const files: GivenFile[] = [];
  const emptyFolders: string[] = [];
  for (const { entry, file, handle } of items) {
    if (entry?.isDirectory === true) await walk(entry as FileSystemDirectoryEntry, { files, emptyFolders });
    else if (file !== null) files.push(withHandle({ file, name: file.name }, await handle));
  }
  return cut(files, emptyFolders);
}

/** The files of an input; those of a chosen folder carry its name. */
export function chosenFiles(list: FileList | null): GivenFiles {
  const files = Array.from(list ?? [], (file) => ({ file, name: file.webkitRelativePath || file.name }));
  return cut(files, []);
}

function cut(files: readonly GivenFile[], emptyFolders: readonly string[]): GivenFiles {
  return { files: files.slice(0, GIVEN_FILES_MAX), emptyFolders, isCut: files.length > GIVEN_FILES_MAX };
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
}

async function walk(folder: FileSystemDirectoryEntry, found: Found): Promise<void> {
  const reader = folder.createReader();
  for (let isEmpty = true; ; isEmpty = false) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0 && isEmpty) found.emptyFolders.push(pathOf(folder));
    if (entries.length === 0 || found.files.length + found.emptyFolders.length > GIVEN_FILES_MAX) return;
    for (const entry of entries) {
      if (entry.isDirectory) await walk(entry as FileSystemDirectoryEntry, found);
      else {
        const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
        found.files.push({ file, name: pathOf(entry) });
      }
    }
  }
}

function pathOf(entry: FileSystemEntry): string {
  return entry.fullPath.replace(/^\//, "");
}
