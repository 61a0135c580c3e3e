import { rename } from "node:fs/promises";
import { stdin } from "node:process";
import { openFileSink } from "@commonhold/client/node/file-sink.ts";
import { storageError } from "@commonhold/client/node/storage-error.ts";
import { linkNeedsPassword, type OpenedLink, openSharedLink } from "@commonhold/client/shared-link.ts";
import { formatByteSize } from "@commonhold/core/byte-size.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import type { CliContext } from "../../cli-context.ts";
import { printable } from "../../output/printable.ts";
import { ProgressDisplay, speedRemark } from "../../progress/progress-display.ts";
import { usageError } from "../../usage.ts";
import { askPassword } from "../account/ask.ts";
import { saveTargets } from "../files/save-target.ts";
import { readPasswordFile } from "./password-file.ts";

const LINK_BYTES_MAX = 4_096;
const DEPS = { clock: systemClock, random: systemRandom };

export interface ReceiveOptions {
  readonly output?: string;
  readonly force?: boolean;
  readonly passwordFile?: string;
}

export async function receive(context: CliContext, given: string, options: ReceiveOptions): Promise<void> {
  const { output, signal } = context;
  const link = given === "-" ? await linkFromStdin() : given;
  const password = await passwordOf(context, link, options);
  const opened = await openSharedLink(DEPS, link, { signal, ...(password === undefined ? {} : { password }) });
  const [target] = await saveTargets([opened.name], { output: options.output, force: options.force === true });
  const remark = await save(context, opened, target!);
  if (output.json) {
    const { name, sizeBytes: size_bytes, mediaType: content_type, ownerName: owner_name, sealed } = opened;
    output.document({ filename: name, size_bytes, content_type, owner_name, sealed, path: target });
  } else if (!output.quiet) {
    output.line(printable(`saved ${opened.name} (${remark}) of ${opened.ownerName} to ${target}`));
  }
}

/** On its way it has another name, so that what has the name is whole. */
async function save(context: CliContext, opened: OpenedLink, target: string): Promise<string> {
  const { output, signal } = context;
  const terminal = output.quiet || output.json ? undefined : process.stderr;
  using display = new ProgressDisplay({ clock: systemClock, terminal }, { bytes: opened.sizeBytes, files: 1 });
  const progress = display.begin(opened.name);
  const part = `${target}.part`;
  const sink = await openFileSink(part);
  let doneBytes = 0;
  progress.update(0);
  try {
    if (sink.sizeBytes > 0) await sink.truncate(0);
    for await (const piece of opened.read()) {
      signal.throwIfAborted();
      await sink.write(piece);
      doneBytes += piece.length;
      progress.update(doneBytes);
    }
    await sink.finish();
  } catch (error) {
    await sink.close();
    throw error;
  }
  await rename(part, target).catch((error: unknown) => {
    throw storageError(`saving ${target}`, error);
  });
  return `${formatByteSize(opened.sizeBytes)}${speedRemark(progress.end())}`;
}

async function passwordOf(context: CliContext, link: string, options: ReceiveOptions): Promise<string | undefined> {
  if (options.passwordFile !== undefined) return readPasswordFile(options.passwordFile);
  if (!(await linkNeedsPassword(DEPS, link, { signal: context.signal }))) return undefined;
  return askPassword(context, { message: "The link's password", otherwise: "give it with --password-file" });
}

async function linkFromStdin(): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of stdin) {
    pieces.push(piece as Uint8Array);
    length += (piece as Uint8Array).length;
    if (length > LINK_BYTES_MAX) throw usageError(`stdin holds more than ${LINK_BYTES_MAX} bytes: no link`);
  }
  return Buffer.concat(pieces).toString("utf8").trim();
}
