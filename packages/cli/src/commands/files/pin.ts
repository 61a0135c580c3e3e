import type { CommonholdClient } from "@commonhold/client/commonhold-client.ts";
import type { CliContext } from "../../cli-context.ts";
import { findNode } from "../find-node.ts";
import { findOneFile } from "./find-one-file.ts";

export async function pin(context: CliContext, name: string, options: { readonly node: string }): Promise<void> {
  const { client, file, node } = await look(context, name, options.node);
  const { warning } = await client.files.pin(file.file_id, node.id, context.signal);
  await say(context, client, { fileId: file.file_id, sentence: `${file.filename} is pinned to ${node.name}` });
  if (warning !== undefined) context.output.note(warning);
}

export async function unpin(context: CliContext, name: string, options: { readonly node: string }): Promise<void> {
  const { client, file, node } = await look(context, name, options.node);
  await client.files.unpin(file.file_id, node.id, context.signal);
  await say(context, client, {
    fileId: file.file_id,
    sentence: `${file.filename} is no longer pinned to ${node.name}`,
  });
}

async function look(context: CliContext, name: string, nodeText: string) {
  const { signal } = context;
  const client = await context.openClient();
  const file = await findOneFile(client, name, signal);
  return { client, file, node: await findNode(client.nodes, nodeText, signal) };
}

async function say(
  context: CliContext,
  client: CommonholdClient,
  done: { readonly fileId: string; readonly sentence: string },
): Promise<void> {
  const { output, signal } = context;
  if (output.json) return output.document(await client.files.stat(done.fileId, signal));
  output.line(done.sentence);
}
