import { createHash } from "node:crypto";
import type { RandomBodies, RandomBody } from "../data/random-body.ts";
import type { FileClient } from "../http/file-client.ts";

export interface SoakFile {
  readonly id: string;
  readonly sizeBytes: number;
  /** SHA-256 of what was sent, hex. */
  readonly digest: string;
}

/** Sends new files of these sizes, all at once. */
export function uploadAll(
  deps: { readonly files: FileClient; readonly bodies: RandomBodies },
  sizesBytes: readonly number[],
): Promise<readonly SoakFile[]> {
  return Promise.all(
    sizesBytes.map(async (sizeBytes, index) => {
      const { body, digest } = hashedWhenSent(deps.bodies.next(sizeBytes));
      const id = await deps.files.upload(`soak-${index}.bin`, body);
      return { id, sizeBytes, digest: digest() };
    }),
  );
}

/** Fetches files, all at once, and fails where one is not what was sent. */
export async function downloadAll(client: FileClient, files: readonly SoakFile[]): Promise<void> {
  await Promise.all(
    files.map(async ({ id, sizeBytes, digest }) => {
      const came = await client.download(id, { hash: true });
      if (came.bytes !== sizeBytes || came.digest !== digest) throw new Error(`file ${id} came back changed`);
    }),
  );
}

/** Hashing a large body at once would keep this process from everything else for seconds. */
function hashedWhenSent(body: RandomBody): { readonly body: RandomBody; readonly digest: () => string } {
  const hash = createHash("sha256");
  function* pieces(start?: number, end?: number): Generator<Buffer, void, void> {
    for (const piece of body.pieces(start, end)) {
      hash.update(piece);
      yield piece;
    }
  }
  return { body: { ...body, pieces }, digest: () => hash.digest("hex") };
}
