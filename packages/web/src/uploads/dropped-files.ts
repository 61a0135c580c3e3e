/** What was given to upload: the file, the name that it gets, and where a later page finds it again. */
export interface GivenFile {
  readonly file: File;
  /** With the folders that it came in, "photos/2024/a.jpg". */
  readonly name: string;
  readonly handle?: FileSystemFileHandle;
}

const FILES_MAX = 10_000;

/** The files of a drop, those in folders with their folders' names. Call it before anything is awaited. */
export async function droppedFiles(transfer: DataTransfer): Promise<readonly GivenFile[]> {
  // The list is emptied as soon as the event's handler returns.
  const items = Array.from(transfer.items)
    .filter((item) => item.kind === "file")
    .map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile(), handle: handleOf(item) }));
  const found: GivenFile[] = [];
  for (const { entry, file, handle } of items) {
    if (entry?.isDirectory === true) await walk(entry as FileSystemDirectoryEntry, found);
    else if (file !== null) found.push(withHandle({ file, name: file.name }, await handle));
  }
  return found.slice(0, FILES_MAX);
}

/** The files of an input; those of a chosen folder carry its name. */
export function chosenFiles(list: FileList | null): readonly GivenFile[] {
  return Array.from(list ?? [], (file) => ({ file, name: file.webkitRelativePath || file.name }));
}

type HandleItem = DataTransferItem & { getAsFileSystemHandle?(): Promise<FileSystemHandle | null> };

function handleOf(item: HandleItem): Promise<FileSystemHandle | null | undefined> {
  return item.getAsFileSystemHandle?.().catch(() => undefined) ?? Promise.resolve(undefined);
}

function withHandle(given: GivenFile, handle: FileSystemHandle | null | undefined): GivenFile {
  return handle?.kind === "file" ? { ...given, handle: handle as FileSystemFileHandle } : given;
}

async function walk(folder: FileSystemDirectoryEntry, found: GivenFile[]): Promise<void> {
  const reader = folder.createReader();
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0 || found.length >= FILES_MAX) return;
    for (const entry of entries) {
      if (entry.isDirectory) await walk(entry as FileSystemDirectoryEntry, found);
      else {
        const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
        found.push({ file, name: entry.fullPath.replace(/^\//, "") });
      }
    }
  }
}
