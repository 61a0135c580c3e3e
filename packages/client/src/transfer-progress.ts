/** How far one upload or download is. */
export interface TransferProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}
