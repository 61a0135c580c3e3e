import { resolve } from "node:path";
import type { CommonholdClient } from "@commonhold/client/commonhold-client.ts";
import type { FileObject } from "@commonhold/client/files.ts";
import { type OpenFileSource, openFileSource } from "@commonhold/client/node/file-source.ts";
import { forEachParallel } from "@commonhold/client/parallel.ts";
import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import { formatByteSize } from "@commonhold/core/byte-size.ts";
import { CHUNK_SIZE_BYTES_MIN } from "@commonhold/core/chunk-size.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import type { CliContext } from "../../cli-context.ts";
import { Interrupted } from "../../interruption.ts";
import { printable } from "../../output/printable.ts";
import { AlreadyReported, reportError } from "../../output/report-error.ts";
import { ProgressDisplay, retryRemark, speedRemark } from "../../progress/progress-display.ts";
import { createUploadState, type UploadIdentity, type UploadState } from "../../state/upload-state.ts";
import { usageError } from "../../usage.ts";
import { collectFiles, type LocalFile } from "./collect-files.ts";
import { putTarget } from "./put-target.ts";

/** Files up to this size are sent side by side; larger ones one by one, their chunks side by side. */
const SMALL_FILE_BYTES_MAX = 1024 * 1024;

export interface PutOptions {
  readonly name?: string;
  readonly recursive?: boolean;
  readonly parallel: number;
  readonly copies?: number;
}

interface PutRun {
  readonly context: CliContext;
  readonly options: PutOptions;
  readonly client: CommonholdClient;
  readonly display: ProgressDisplay;
  readonly uploadState: UploadState;
  /** Asked for only where an upload is long enough to be resumed. */
  readonly accountId: () => Promise<string>;
}

export async function put(context: CliContext, words: readonly string[], options: PutOptions): Promise<void> {
  const { output, signal } = context;
  const files = await filesToPut(context, words, options);
  if (files.length === 0)
    return output.json ? output.document({ items: [] }) : output.note("There is nothing to store.");
  const client = await context.openClient();
  const totalBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const terminal = output.quiet || output.json ? undefined : process.stderr;
  using display = new ProgressDisplay({ clock: systemClock, terminal }, { bytes: totalBytes, files: files.length });
  let account: Promise<string> | undefined;
  const run: PutRun = {
    context,
    options,
    client,
    display,
    uploadState: createUploadState({ clock: systemClock }, { folder: context.folders.state }),
    accountId: () => (account ??= client.accounts.me(signal).then((me) => me.id)),
  };
  const stored = await putAll(run, files);
  if (output.json) output.document({ items: stored.items });
  const shortfall = shortfallRemark(stored.items);
  if (shortfall !== undefined) display.interrupt(() => output.note(shortfall));
  if (stored.exitCode !== undefined) throw new AlreadyReported(stored.exitCode);
}

/** Each with the path by which it is stored. */
async function filesToPut(
  { output }: CliContext,
  words: readonly string[],
  options: PutOptions,
): Promise<readonly LocalFile[]> {
  const target = putTarget(words);
  const files = await collectFiles(target.paths, {
    recursive: options.recursive === true,
    onSkip: (path, why) => output.note(`left out ${path}: ${why}`),
  });
  if (options.name !== undefined && target.name !== undefined) {
    throw usageError("--name and FOLDER/NAME say the same: leave one out");
  }
  const name = options.name ?? target.name;
  if (name !== undefined && (files.length !== 1 || options.recursive === true)) {
    throw usageError("a name is for one file: give one file, or leave the name out");
  }
  return files.map((file) => ({ ...file, name: target.folder + (name ?? file.name) }));
}

/** Small files side by side, then the others; a file that fails does not keep the others from being stored. */
async function putAll(
  run: PutRun,
  files: readonly LocalFile[],
): Promise<{ readonly items: readonly FileObject[]; readonly exitCode?: number }> {
  const { context, options, display } = run;
  const stored = new Map<LocalFile, FileObject>();
  let exitCode: number | undefined;

  async function putOne(file: LocalFile, parallelMax: number): Promise<void> {
    try {
      stored.set(file, await putFile(run, file, parallelMax));
    } catch (error) {
      if (files.length === 1 || concernsAll(error)) throw error;
      display.interrupt(() => {
        exitCode ??= reportError(named(file, error), process.stderr, context.flags);
      });
    }
  }

  const small = files.filter((file) => file.sizeBytes <= SMALL_FILE_BYTES_MAX);
  const sideBySide = small.length === 1 ? 1 : options.parallel;
  const { signal } = context;
  await forEachParallel(small, { parallelMax: sideBySide, signal }, (file) =>
    putOne(file, small.length === 1 ? options.parallel : 1),
  );
  const large = files.filter((file) => file.sizeBytes > SMALL_FILE_BYTES_MAX);
  for (const file of large) await putOne(file, options.parallel);
  const items = files.flatMap((file) => stored.get(file) ?? []);
  return { items, ...(exitCode === undefined ? {} : { exitCode }) };
}

async function putFile(run: PutRun, file: LocalFile, parallelMax: number): Promise<FileObject> {
  const { context, options, client, display } = run;
  const source = await openFileSource(file.path, file.name);
  try {
    const progress = display.begin(source.name);
    const identity = source.sizeBytes > CHUNK_SIZE_BYTES_MIN ? await identityOf(run, file, source) : undefined;
    const sessionId = identity && (await run.uploadState.find(identity));
    const stored = await client.upload(source, {
      parallelMax,
      signal: context.signal,
      ...(options.copies === undefined ? {} : { copies: options.copies }),
      ...(sessionId === undefined ? {} : { resumeSessionId: sessionId }),
      onSession: (session) => identity && run.uploadState.keep(identity, session.session_id),
      onProgress: ({ doneBytes }) => progress.update(doneBytes),
      onRetry: (error) => progress.trouble(() => context.output.note(retryRemark(error))),
    });
    if (identity !== undefined) await run.uploadState.forget(identity);
    display.interrupt(() => tell(context, { name: source.name, file: stored }, speedRemark(progress.end())));
    return stored;
  } catch (error) {
    if (error instanceof Interrupted && source.sizeBytes > CHUNK_SIZE_BYTES_MIN) {
      const advice = "the same command goes on from there";
      display.interrupt(() => context.output.note(`What was stored of ${printable(source.name)} is kept: ${advice}.`));
    }
    throw error;
  } finally {
    await source.close();
  }
}

async function identityOf(run: PutRun, file: LocalFile, source: OpenFileSource): Promise<UploadIdentity> {
  return {
    coordinator: run.client.baseUrl,
    accountId: await run.accountId(),
    path: resolve(file.path),
    name: source.name,
    sizeBytes: source.sizeBytes,
    modifiedAtMs: source.modifiedAtMs,
  };
}

function tell(
  { output }: CliContext,
  { name, file }: { readonly name: string; readonly file: FileObject },
  remark: string,
): void {
  if (output.json) return;
  if (output.quiet) return output.line(file.file_id);
  output.line(`stored ${name} (${formatByteSize(file.size_bytes)}${remark}) as ${file.file_id}`);
}

/** About files that have fewer copies than promised, with none of the missing ones on its way. */
function shortfallRemark(files: readonly FileObject[]): string | undefined {
  const short = files.flatMap(({ filename, replicas }) =>
    replicas !== undefined && replicas.min < replicas.promised && replicas.pending === 0
      ? [{ filename, ...replicas }]
      : [],
  );
  const worst = short.reduce<(typeof short)[number] | undefined>(
    (least, file) => (least === undefined || file.min < least.min ? file : least),
    undefined,
  );
  if (worst === undefined) return undefined;
  const what = short.length === 1 ? printable(worst.filename) : `${short.length} files, at worst,`;
  return `Of ${what} ${worst.min} of ${worst.promised} copies stand; the network has too few nodes for more.`;
}

/** Whether the next file would fail in the same way. */
function concernsAll(error: unknown): boolean {
  return (
    error instanceof Interrupted ||
    hasCode(error, "COORDINATOR_UNREACHABLE", "UNAUTHENTICATED", "TOKEN_EXPIRED", "FORBIDDEN", "INSUFFICIENT_CREDITS")
  );
}

function named(file: LocalFile, error: unknown): unknown {
  if (!(error instanceof AppError) || error.message.includes(file.path)) return error;
  const { code, message, details, cause } = error;
  return new AppError(code, `${file.path} was not stored: ${message}`, { details, cause });
}
