import { readFile, stat } from "node:fs/promises";
import { storageError } from "@commonhold/client/node/storage-error.ts";
import { usageError } from "../../usage.ts";

const BYTES_MAX = 4_096;

/** The first line of a file. @throws AppError STORAGE_FAILURE, INVALID_REQUEST where it is empty or no such file */
export async function readPasswordFile(path: string): Promise<string> {
  const failed = (error: unknown): never => {
    throw storageError(`reading ${path}`, error);
  };
  const { size } = await stat(path).catch(failed);
  if (size > BYTES_MAX) throw usageError(`${path} has more than ${BYTES_MAX} bytes: no password`);
  const [password = ""] = (await readFile(path, "utf8").catch(failed)).split(/\r?\n/, 1);
  if (password === "") throw usageError(`${path} has no password in its first line`);
  return password;
}
