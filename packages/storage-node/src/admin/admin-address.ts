import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "@commonhold/core/app-error.ts";
import { writeFileDurably } from "@commonhold/runtime/atomic-file.ts";
import { errnoOf, toStorageError } from "@commonhold/runtime/storage-error.ts";
import { Type } from "typebox";
import { Value } from "typebox/value";

const AdminAddressSchema = Type.Object({
  url: Type.String({ pattern: "^http://127\\.0\\.0\\.1:\\d+$" }),
  port: Type.Integer({ minimum: 1, maximum: 65_535 }),
  pid: Type.Integer(),
});

/** Where a running node's admin API is; it stands in `admin.json` in the data folder while the node runs. */
export interface AdminAddress {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
}

export async function writeAdminAddress(folder: string, address: AdminAddress): Promise<void> {
  await writeFileDurably(adminFile(folder), `${JSON.stringify(address)}\n`, 0o600);
}

/** @throws AppError NODE_UNREACHABLE where no node runs in `folder` */
export async function readAdminAddress(folder: string): Promise<AdminAddress> {
  const file = adminFile(folder);
  try {
    const address: unknown = JSON.parse(await readFile(file, "utf8"));
    if (Value.Check(AdminAddressSchema, address)) return address;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") {
      throw new AppError("NODE_UNREACHABLE", `No node runs in "${folder}": start it with node start`, { cause: error });
    }
    if (!(error instanceof SyntaxError)) throw toStorageError(error, `Could not read "${file}"`);
  }
  throw new AppError("NODE_UNREACHABLE", `"${file}" is damaged: restart the node, which writes it anew`);
}

export async function removeAdminAddress(folder: string): Promise<void> {
  await rm(adminFile(folder), { force: true });
}

function adminFile(folder: string): string {
  return join(folder, "admin.json");
}
