import type { FileObject, Redundancy } from "@commonhold/client/files.ts";
import { isPriority, PRIORITIES } from "@commonhold/core/priority.ts";
import type { CliContext } from "../../cli-context.ts";
import { countOf } from "../../output/count-of.ts";
import { usageError } from "../../usage.ts";
import { findOneFile } from "./find-one-file.ts";

export interface SetPriorityOptions {
  /** A name or an id. */
  readonly file: string;
  readonly priority: string;
  readonly copies?: number;
}

export async function setPriority(context: CliContext, options: SetPriorityOptions): Promise<void> {
  const { file, priority, ...rest } = options;
  if (!isPriority(priority)) throw usageError(`a priority is ${PRIORITIES.join(", ")}, not "${priority}"`);
  await change(context, file, { priority, ...rest });
}

export async function setReplicas(context: CliContext, name: string, copies: number): Promise<void> {
  await change(context, name, { copies });
}

async function change(context: CliContext, name: string, redundancy: Redundancy): Promise<void> {
  const { output, signal } = context;
  const client = await context.openClient();
  const { file_id } = await findOneFile(client, name, signal);
  const file = await client.files.setRedundancy(file_id, redundancy, signal);
  if (output.json) return output.document(file);
  output.line(sentenceOf(file));
}

function sentenceOf({ filename, priority = "normal", copies, chunk_count: chunks, health }: FileObject): string {
  const short = health?.chunks_short ?? 0;
  const lacking = short === 1 ? "1 chunk still lacks some" : `${short} of ${countOf(chunks, "chunk")} still lack some`;
  return `${filename}: priority ${priority}, ${countOf(copies, "copy", "copies")}${short === 0 ? "" : `; ${lacking}`}`;
}
