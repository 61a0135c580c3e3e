import { join, resolve } from "node:path";
import { readAdminAddress } from "@commonhold/storage-node/admin/admin-address.ts";
import { hasJoined } from "../../network/join-nodes.ts";
import { listNodeFolders } from "../../network/local-network.ts";
import { type NodeAdmin, openNodeAdmin } from "../../roles/node-admin.ts";
import { usageError } from "../../usage.ts";

const NETWORK_DATA = "./data";

/**
 * The folder of the node that is meant: the one named, else the only one under ./data/nodes.
 * @throws AppError INVALID_REQUEST where that is not clear
 */
export async function chooseNodeFolder(data: string | undefined): Promise<string> {
  if (data !== undefined) return resolve(data);
  const nodes = join(NETWORK_DATA, "nodes");
  const folders = (await listNodeFolders(NETWORK_DATA)).map((name) => join(nodes, name)).filter(hasJoined);
  const [only] = folders;
  if (only !== undefined && folders.length === 1) return resolve(only);
  if (only === undefined) throw usageError(`there is no node in ${nodes}: name its folder with --data`);
  throw usageError(`which node? Name its folder with --data, one of ${folders.join(", ")}`);
}

/** @throws AppError NODE_UNREACHABLE where the node does not run */
export async function openChosenNode(data: string | undefined): Promise<NodeAdmin> {
  const { url } = await readAdminAddress(await chooseNodeFolder(data));
  return openNodeAdmin(url);
}
