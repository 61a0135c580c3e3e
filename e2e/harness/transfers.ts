import { createHash } from "node:crypto";
import type { CommonholdClient } from "@commonhold/client/commonhold-client.ts";
import type { FileObject } from "@commonhold/client/files.ts";
import { openFileSource } from "@commonhold/client/node/file-source.ts";
import type { UploadOptions } from "@commonhold/client/upload-file.ts";

/** Uploads a file from disk by the SDK. */
export async function uploadPath(
  client: CommonholdClient,
  path: string,
  options: UploadOptions & { readonly name?: string } = {},
): Promise<FileObject> {
  const { name, ...rest } = options;
  const source = await openFileSource(path, name);
  try {
    return await client.upload(source, rest);
  } finally {
    await source.close();
  }
}

/** Downloads a file by the SDK; the SHA-256 of what came, hex. */
export async function downloadDigest(client: CommonholdClient, fileId: string): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  await client.download(fileId, {
    write: async (bytes) => {
      parts.push(Buffer.from(bytes));
      length += bytes.byteLength;
    },
    truncate: async (to) => {
      const kept = Buffer.concat(parts).subarray(0, to);
      parts.splice(0, parts.length, kept);
      length = to;
    },
  });
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}
