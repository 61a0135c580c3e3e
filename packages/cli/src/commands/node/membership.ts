import type { NodeObject } from "@commonhold/client/nodes.ts";
import { hasCode } from "@commonhold/core/app-error.ts";
import type { CliContext } from "../../cli-context.ts";
import { commandName } from "../../command-name.ts";
import { findNode } from "../find-node.ts";

/** Takes a node that will not return out of the network. */
export async function removeNode(
  context: CliContext,
  nameOrId: string,
  options: { readonly force?: boolean },
): Promise<void> {
  const { output, signal, env } = context;
  const client = await context.openClient();
  const { id, name } = await findNode(client.nodes, nameOrId, signal);
  let removed: NodeObject;
  try {
    removed = await client.nodes.remove(id, { force: options.force === true }, signal);
  } catch (error) {
    if (hasCode(error, "NODE_STILL_NEEDED"))
      output.note(`"${commandName(env)} node remove ${name} --force" does it all the same.`);
    throw error;
  }
  if (output.json) return output.document(removed);
  output.line(`${name} is removed: what it held is made anew from other copies`);
  output.note(`"${commandName(env)} repair status" shows how far that is.`);
}

/** Cuts a node off, or lets it in again. */
export function setBanned(isBanned: boolean) {
  return async ({ output, signal, ...context }: CliContext, nameOrId: string): Promise<void> => {
    const client = await context.openClient();
    const { id, name } = await findNode(client.nodes, nameOrId, signal);
    const node = await (isBanned ? client.nodes.ban(id, signal) : client.nodes.unban(id, signal));
    if (output.json) return output.document(node);
    output.line(isBanned ? `${name} is cut off` : `${name} may take part again, and does with its next report`);
  };
}
