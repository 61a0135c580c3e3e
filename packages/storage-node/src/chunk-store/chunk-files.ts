/** What a folder holds under one name. */
export interface FolderEntry {
  readonly name: string;
  readonly kind: "file" | "folder" | "other";
}

export interface FileFacts {
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
}

/** A file being written. `close` may be called after a failure of the others and must not hide it. */
export interface NewFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Resolves when the bytes and the file's length are on the medium (fsync). */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** A file that grows at its end. */
export interface AppendedFile extends NewFile {
  /** Resolves when the bytes and the file's length are on the medium (fdatasync). Fails where the file was removed. */
  sync(): Promise<void>;
  /** Cuts the file off after so many bytes. */
  truncate(lengthBytes: number): Promise<void>;
}

/** A file that is read here and there. */
export interface ReadableFile {
  /** Fills `target` with what lies at `offset`, as far as the file goes. @returns how many bytes */
  read(offset: number, target: Uint8Array): Promise<number>;
  close(): Promise<void>;
}

/**
 * The file-system calls of the chunk store, one method a call, so that a test can let any of them fail.
 * All methods throw the file system's own error; the store turns it into an `AppError`.
 */
export interface ChunkFiles {
  /** Creates the file for writing, readable by its owner only; fails where it exists. */
  create(path: string): Promise<NewFile>;
  /** Opens the file for appending, readable by its owner only; makes it where it is missing. */
  openAppending(path: string): Promise<AppendedFile>;
  /** Undefined where there is no such file. */
  openReading(path: string): Promise<ReadableFile | undefined>;
  /** Writes over what lies at `offset` of a file that exists, and resolves when that is on the medium. */
  overwrite(path: string, offset: number, bytes: Uint8Array): Promise<void>;
  /** Replaces `to` atomically. */
  rename(from: string, to: string): Promise<void>;
  /** Whether there was something to remove. */
  remove(path: string): Promise<boolean>;
  /** Makes one folder; it may exist already. */
  makeFolder(path: string): Promise<void>;
  /** Removes a folder; one that is missing or not empty stays as it is. */
  removeEmptyFolder(path: string): Promise<void>;
  /** Resolves when the folder's entries are on the medium (fsync of the folder). */
  syncFolder(path: string): Promise<void>;
  /** The file's first bytes, read into `target` as far as it goes; undefined where there is no such file. */
  read(path: string, target: Uint8Array): Promise<Uint8Array | undefined>;
  /** Undefined where there is no such regular file. */
  facts(path: string): Promise<FileFacts | undefined>;
  /** Entries in the file system's order, read in small batches; nothing where the folder is missing. */
  entries(path: string): AsyncIterable<FolderEntry>;
  /** Bytes that an unprivileged process may still write on the file system that holds `path`. */
  freeBytes(path: string): Promise<number>;
}
