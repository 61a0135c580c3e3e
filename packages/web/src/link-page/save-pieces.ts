/** Without a way to write to disk all of it has to be gathered first; the browser may put what it holds on disk. */
export const GATHERED_BYTES_MAX = 512 * 1024 * 1024;
/** Handed over to the browser in pieces of this length, so that the page itself holds no more. */
const GATHER_BYTES = 8 * 1024 * 1024;

/** Whatever it is, it is saved and not opened. */
const SAVED_TYPE = "application/octet-stream";

type PickFile = (options: { readonly suggestedName: string }) => Promise<FileSystemFileHandle>;

export interface PiecesToSave {
  readonly name: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  readonly read: () => AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
  readonly onProgress: (doneBytes: number) => void;
}

/** Whether the browser can write to disk what comes piece by piece. */
export function canStreamToDisk(): boolean {
  return pickFile() !== undefined;
}

/**
 * Saves what comes in pieces: straight to the place that the person picks, where the browser lets it; else gathered, as a
 * download. What failed half-way leaves no file.
 * @returns false where the person picked no place
 */
export async function savePieces(wanted: PiecesToSave): Promise<boolean> {
  const pick = pickFile();
  if (pick === undefined) {
    saveBlob(await gather({ ...wanted, mediaType: SAVED_TYPE }), fileNameOf(wanted.name));
    return true;
  }
  let handle: FileSystemFileHandle;
  try {
    handle = await pick({ suggestedName: fileNameOf(wanted.name) });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return false;
    throw error;
  }
  const file = await handle.createWritable();
  try {
    for await (const piece of piecesOf(wanted)) await file.write(piece);
    await file.close();
  } catch (error) {
    await file.abort().catch(() => undefined);
    throw error;
  }
  return true;
}

/** All of it as one Blob. */
export async function gather(wanted: PiecesToSave): Promise<Blob> {
  const blobs: Blob[] = [];
  let pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const piece of piecesOf(wanted)) {
    pieces.push(piece);
    length += piece.length;
    if (length < GATHER_BYTES) continue;
    blobs.push(new Blob(pieces));
    [pieces, length] = [[], 0];
  }
  return new Blob([...blobs, ...pieces], { type: wanted.mediaType });
}

async function* piecesOf({ read, signal, onProgress }: PiecesToSave): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let done = 0;
  for await (const piece of read()) {
    signal.throwIfAborted();
    yield piece as Uint8Array<ArrayBuffer>;
    done += piece.length;
    onProgress(done);
  }
}

function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  saveAddress(url, name);
  // The browser begins the download on its own time.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** The browser's own download of an address. */
export function saveAddress(url: string, name: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
}

/** Whoever sealed a file chose its name: nothing in it may be taken for a folder or a hidden file. */
export function fileNameOf(name: string): string {
  const leaf = name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1);
  const plain = leaf
    .replace(/[\u0000-\u001f\u007f"*:<>?|\u202a-\u202e\u2066-\u2069]/g, "_")
    .replace(/^[.\s]+|[.\s]+$/g, "");
  return plain === "" ? "file" : plain;
}

function pickFile(): PickFile | undefined {
  const { showSaveFilePicker } = globalThis as { readonly showSaveFilePicker?: PickFile };
  return showSaveFilePicker?.bind(globalThis);
}
