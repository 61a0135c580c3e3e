import { startNode, systemNodeDeps } from "@commonhold/storage-node/storage-node.ts";
import type { CliContext } from "../../cli-context.ts";
import { isSupervised, runRole } from "../../roles/run-role.ts";
import { commonholdVersion } from "../../version.ts";
import { chooseNodeFolder } from "./node-folder.ts";

export async function startStorageNode(context: CliContext, options: { readonly data?: string }): Promise<void> {
  const folder = await chooseNodeFolder(options.data);
  await runRole("commonhold node", async () => {
    const node = await startNode(systemNodeDeps(), { folder, version: commonholdVersion(), env: context.env });
    if (!isSupervised()) {
      context.output.note(`${node.name} is up; its admin API is at ${node.adminUrl}. Ctrl-C stops it.`);
    }
    return { logger: node.logger, url: node.adminUrl, stop: () => node.stop() };
  });
}
