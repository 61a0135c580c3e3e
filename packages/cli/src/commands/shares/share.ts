import { openFileSource } from "@commonhold/client/node/file-source.ts";
import type { Share } from "@commonhold/client/shares.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import type { CliContext } from "../../cli-context.ts";
import { formatMoment } from "../../output/format-time.ts";
import { printable } from "../../output/printable.ts";
import { ProgressDisplay, retryRemark } from "../../progress/progress-display.ts";
import { findOneFile } from "../files/find-one-file.ts";
import { readPasswordFile } from "./password-file.ts";

export interface ShareOptions {
  readonly expires?: number;
  readonly passwordFile?: string;
  readonly downloads?: number;
  readonly sealed?: boolean;
}

interface Terms {
  readonly expiresInS?: number;
  readonly password?: string;
  readonly downloadsMax?: number;
}

export async function share(context: CliContext, file: string, options: ShareOptions): Promise<void> {
  const { output, signal } = context;
  const terms: Terms = {
    ...(options.expires === undefined ? {} : { expiresInS: options.expires }),
    ...(options.passwordFile === undefined ? {} : { password: await readPasswordFile(options.passwordFile) }),
    ...(options.downloads === undefined ? {} : { downloadsMax: options.downloads }),
  };
  const made =
    options.sealed === true ? await shareSealed(context, file, terms) : await shareStored(context, file, terms);
  if (output.json) return output.document({ link: made.link, ...made.share });
  output.line(made.link);
  output.note(`Whoever has this link can read ${printable(made.name)}${termsRemark(made.share)}.`);
  if (options.sealed === true) output.note("Its key is nowhere else: keep the link.");
  signal.throwIfAborted();
}

interface Made {
  readonly share: Share;
  readonly link: string;
  readonly name: string;
}

async function shareStored(context: CliContext, name: string, terms: Terms): Promise<Made> {
  const client = await context.openClient();
  const file = await findOneFile(client, name, context.signal);
  return { ...(await client.shares.create(file.file_id, terms, context.signal)), name: file.filename };
}

async function shareSealed(context: CliContext, path: string, terms: Terms): Promise<Made> {
  const { output, signal } = context;
  const source = await openFileSource(path);
  try {
    const client = await context.openClient();
    const terminal = output.quiet || output.json ? undefined : process.stderr;
    using display = new ProgressDisplay({ clock: systemClock, terminal }, { bytes: source.sizeBytes, files: 1 });
    const progress = display.begin(source.name);
    const { share: made, link } = await client.shares.shareSealed(source, {
      ...terms,
      signal,
      onProgress: ({ doneBytes }) => progress.update(Math.min(doneBytes, source.sizeBytes)),
      onRetry: (error) => progress.trouble(() => output.note(retryRemark(error))),
    });
    return { share: made, link, name: source.name };
  } finally {
    await source.close();
  }
}

function termsRemark({ expires_at: expires, downloads_max: times, has_password: hasPassword }: Share): string {
  return [
    expires === null ? "" : ` until ${formatMoment(expires)}`,
    times === null ? "" : `, ${times === 1 ? "once" : `${times} times`}`,
    hasPassword ? ", with the password" : "",
  ].join("");
}
