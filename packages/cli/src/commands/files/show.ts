import type { FileObject } from "@commonhold/client/files.ts";
import { formatByteSize } from "@commonhold/core/byte-size.ts";
import type { CliContext } from "../../cli-context.ts";
import { countOf } from "../../output/count-of.ts";
import { formatMoment } from "../../output/format-time.ts";
import { formatFacts } from "../../output/output.ts";
import { type NodeName, nodeNames } from "../node-names.ts";
import { findOneFile } from "./find-one-file.ts";

export async function show(context: CliContext, name: string): Promise<void> {
  const { output, signal } = context;
  const client = await context.openClient();
  const { file_id } = await findOneFile(client, name, signal);
  const file = await client.files.stat(file_id, signal);
  if (output.json) return output.document(file);
  const nameOf = (file.pins ?? []).length === 0 ? (id: string) => id : await nodeNames(client.nodes, signal);
  for (const line of formatFacts(factsOf(file, nameOf))) output.line(line);
}

function factsOf(file: FileObject, nameOf: NodeName): (readonly [string, string])[] {
  const { filename, size_bytes: size, chunk_count: chunks, pins = [], priority } = file;
  return [
    ["File", filename],
    ["Id", file.file_id],
    ["Size", `${formatByteSize(size)} in ${countOf(chunks, "chunk")}`],
    ["Stored", formatMoment(file.created_at)],
    ...(priority === undefined ? [] : [["Priority", priority] as const]),
    ["Copies", copiesOf(file)],
    ["Pinned to", pins.length === 0 ? "no node" : pins.map(nameOf).join(", ")],
  ];
}

/** What is promised, and how much of it is not so now. */
function copiesOf({ copies, chunk_count: chunks, health }: FileObject): string {
  if (health === undefined) return String(copies);
  const { chunks_short: short, chunks_unreadable: unreadable } = health;
  if (short === 0) return `${copies}, all there`;
  const what = `${short} of ${countOf(chunks, "chunk")}`;
  const lost = `${unreadable === short ? what : `${unreadable} of them`} cannot be read until a node returns`;
  if (unreadable === short) return `${copies}; ${lost}`;
  return `${copies}; ${what} ${short === 1 ? "lacks" : "lack"} some${unreadable === 0 ? "" : `, ${lost}`}`;
}
