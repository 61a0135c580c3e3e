/** A file to upload, wherever it lies: on disk, in a browser's `File`, in memory. */
export interface FileSource {
  readonly name: string;
  readonly sizeBytes: number;
  /**
   * The bytes from `start` up to `end`; fewer when the file has become shorter.
   * @throws AppError CONCURRENT_CHANGE when the source can tell that the file is no longer what it was
   */
  slice(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * The same as something that is read only while it is sent, where there is such a thing: a browser keeps the bytes out
   * of the page's memory, in which they would wait for the garbage collector.
   * @throws AppError CONCURRENT_CHANGE when the source can tell that the file is no longer what it was
   */
  readonly part?: (start: number, end: number) => Promise<Blob>;
}
