import type { CommonholdClient } from "@commonhold/client/commonhold-client.ts";
import type { FileSink } from "@commonhold/client/file-sink.ts";
import { AppError } from "@commonhold/core/app-error.ts";
import { formatByteSize } from "@commonhold/core/byte-size.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import type { CliContext } from "../../cli-context.ts";
import { printable } from "../../output/printable.ts";
import { type FileProgress, ProgressDisplay, retryRemark, speedRemark } from "../../progress/progress-display.ts";
import { openPartialDownload } from "../../state/partial-download.ts";
import { usageError } from "../../usage.ts";
import { filesBelow, findEntry, type StoredFile } from "./find-entry.ts";
import { saveTargets } from "./save-target.ts";

export interface GetOptions {
  readonly output?: string;
  readonly recursive?: boolean;
  readonly force?: boolean;
}

interface GetRun {
  readonly context: CliContext;
  readonly client: CommonholdClient;
  readonly display: ProgressDisplay;
}

export async function get(context: CliContext, names: readonly string[], options: GetOptions): Promise<void> {
  const { output } = context;
  const { recursive = false, force = false } = options;
  const toStdout = options.output === "-";
  if (toStdout && recursive) throw usageError("folders cannot go to stdout: name a folder with -o, or leave -r out");
  const client = await context.openClient();
  const files = await filesMeant(context, client, { names, recursive });
  const filenames = files.map(({ path }) => path);
  const targets = toStdout
    ? undefined
    : await saveTargets(filenames, { output: options.output, force, keepFolders: recursive });
  const total = { bytes: files.reduce((sum, file) => sum + file.file.size_bytes, 0), files: files.length };
  const terminal = output.quiet || output.json ? undefined : process.stderr;
  using display = new ProgressDisplay({ clock: systemClock, terminal }, total);
  const run = { context, client, display };
  const saved: object[] = [];
  for (const [index, file] of files.entries()) {
    const target = targets?.[index];
    if (target === undefined) await writeToStdout(run, file);
    else await save(run, file, target);
    const { file_id, filename, size_bytes } = file.file;
    saved.push({ file_id, filename, size_bytes, path: target });
  }
  if (output.json && !toStdout) output.document({ items: saved });
}

async function filesMeant(
  context: CliContext,
  client: CommonholdClient,
  { names, recursive }: { readonly names: readonly string[]; readonly recursive: boolean },
): Promise<readonly StoredFile[]> {
  const files = new Map<string, StoredFile>();
  for (const name of names) {
    const entry = await findEntry(client, name, context.signal);
    if (entry.kind === "file") files.set(entry.file.file_id, entry);
    else if (!recursive) throw usageError(`"${name}" is a folder: add -r to fetch everything in it`);
    else for await (const file of filesBelow(client, entry, context.signal)) files.set(file.file.file_id, file);
  }
  // A folder and another in it may both be named.
  return [...files.values()];
}

async function save(run: GetRun, { file, path }: StoredFile, target: string): Promise<void> {
  const { context, client, display } = run;
  const part = await openPartialDownload(
    { clock: systemClock },
    { folder: context.folders.state, target, coordinator: client.baseUrl, fileId: file.file_id },
  );
  const progress = display.begin(path);
  try {
    await client.download(file.file_id, part.sink, {
      ...downloadOptions(run, file, progress),
      ...(part.resume === undefined ? {} : { resume: part.resume }),
      onStart: ({ etag }) => part.noteEtag(etag),
    });
  } catch (error) {
    await part.pause();
    throw error;
  }
  await part.finish();
  tell(run, `saved ${path} (${sizeRemark(file, progress)}) to ${target}`);
}

async function writeToStdout(run: GetRun, { file }: StoredFile): Promise<void> {
  const progress = run.display.begin(file.filename);
  await run.client.download(file.file_id, stdoutSink(file), downloadOptions(run, file, progress));
  // Standard output is the file's: what is said about it goes elsewhere.
  run.display.interrupt(() =>
    run.context.output.note(`wrote ${printable(file.filename)} (${sizeRemark(file, progress)})`),
  );
}

function downloadOptions(run: GetRun, file: StoredFile["file"], progress: FileProgress) {
  return {
    sizeBytes: file.size_bytes,
    signal: run.context.signal,
    onProgress: ({ doneBytes }: { readonly doneBytes: number }) => progress.update(doneBytes),
    onRetry: (error: Error) => progress.trouble(() => run.context.output.note(retryRemark(error))),
  };
}

function sizeRemark(file: StoredFile["file"], progress: FileProgress): string {
  return `${formatByteSize(file.size_bytes)}${speedRemark(progress.end())}`;
}

function tell({ context: { output }, display }: GetRun, text: string): void {
  if (!output.json && !output.quiet) display.interrupt(() => output.line(printable(text)));
}

/** Standard output with back-pressure. What is written cannot be taken back. */
function stdoutSink(file: StoredFile["file"]): FileSink {
  let written = 0;
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        written += bytes.length;
        process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    async truncate(length) {
      if (length === written) return;
      throw new AppError("CONCURRENT_CHANGE", `${file.filename} changed while it was being fetched: fetch it again`);
    },
  };
}
