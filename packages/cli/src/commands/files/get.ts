import type { CommonholdClient } from "@commonhold/client/commonhold-client.ts";
import type { FileSink } from "@commonhold/client/file-sink.ts";
import type { FileObject } from "@commonhold/client/files.ts";
import { AppError } from "@commonhold/core/app-error.ts";
import { formatByteSize } from "@commonhold/core/byte-size.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import type { CliContext } from "../../cli-context.ts";
import { formatMoment } from "../../output/format-time.ts";
import { printable } from "../../output/printable.ts";
import { type FileProgress, ProgressDisplay, retryRemark, speedRemark } from "../../progress/progress-display.ts";
import { openPartialDownload } from "../../state/partial-download.ts";
import { usageError } from "../../usage.ts";
import { findFiles } from "./find-file.ts";
import { findFolder, noFolder } from "./find-folder.ts";
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
  const filenames = files.map((file) => file.filename);
  const targets = toStdout
    ? undefined
    : await saveTargets(filenames, { output: options.output, force, keepFolders: recursive });
  const total = { bytes: files.reduce((sum, file) => sum + file.size_bytes, 0), files: files.length };
  const terminal = output.quiet || output.json ? undefined : process.stderr;
  using display = new ProgressDisplay({ clock: systemClock, terminal }, total);
  const run = { context, client, display };
  const saved: object[] = [];
  for (const [index, file] of files.entries()) {
    const target = targets?.[index];
    if (target === undefined) await writeToStdout(run, file);
    else await save(run, file, target);
    saved.push({ file_id: file.file_id, filename: file.filename, size_bytes: file.size_bytes, path: target });
  }
  if (output.json && !toStdout) output.document({ items: saved });
}

async function filesMeant(
  context: CliContext,
  client: CommonholdClient,
  { names, recursive }: { readonly names: readonly string[]; readonly recursive: boolean },
): Promise<readonly FileObject[]> {
  const files: FileObject[] = [];
  for (const name of names) {
    const folder = recursive ? newestOfEachName(await findFolder(client.files, name, { signal: context.signal })) : [];
    if (folder.length > 0) files.push(...folder);
    else if (recursive && name.endsWith("/")) throw noFolder(name);
    else files.push(await newest(context, client, name));
  }
  // A folder and another in it may both be named.
  return recursive ? [...new Map(files.map((file) => [file.file_id, file])).values()] : files;
}

/** In the order of their names. */
function newestOfEachName(newestFirst: readonly FileObject[]): readonly FileObject[] {
  const byName = new Map<string, FileObject>();
  for (const file of newestFirst) if (!byName.has(file.filename)) byName.set(file.filename, file);
  return [...byName.values()].sort((a, b) => (a.filename < b.filename ? -1 : 1));
}

async function newest(context: CliContext, client: CommonholdClient, name: string): Promise<FileObject> {
  const [file, ...others] = await findFiles(client.files, name, context.signal);
  if (others.length > 0) {
    const id = `the newest, ${file!.file_id} of ${formatMoment(file!.created_at)}`;
    context.output.note(`There are several files named "${printable(name)}": fetching ${id}`);
  }
  return file!;
}

async function save(run: GetRun, file: FileObject, target: string): Promise<void> {
  const { context, client, display } = run;
  const part = await openPartialDownload(
    { clock: systemClock },
    { folder: context.folders.state, target, coordinator: client.baseUrl, fileId: file.file_id },
  );
  const progress = display.begin(file.filename);
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
  tell(run, `saved ${file.filename} (${sizeRemark(file, progress)}) to ${target}`);
}

async function writeToStdout(run: GetRun, file: FileObject): Promise<void> {
  const progress = run.display.begin(file.filename);
  await run.client.download(file.file_id, stdoutSink(file), downloadOptions(run, file, progress));
  // Standard output is the file's: what is said about it goes elsewhere.
  run.display.interrupt(() =>
    run.context.output.note(`wrote ${printable(file.filename)} (${sizeRemark(file, progress)})`),
  );
}

function downloadOptions(run: GetRun, file: FileObject, progress: FileProgress) {
  return {
    sizeBytes: file.size_bytes,
    signal: run.context.signal,
    onProgress: ({ doneBytes }: { readonly doneBytes: number }) => progress.update(doneBytes),
    onRetry: (error: Error) => progress.trouble(() => run.context.output.note(retryRemark(error))),
  };
}

function sizeRemark(file: FileObject, progress: FileProgress): string {
  return `${formatByteSize(file.size_bytes)}${speedRemark(progress.end())}`;
}

function tell({ context: { output }, display }: GetRun, text: string): void {
  if (!output.json && !output.quiet) display.interrupt(() => output.line(printable(text)));
}

/** Standard output with back-pressure. What is written cannot be taken back. */
function stdoutSink(file: FileObject): FileSink {
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
