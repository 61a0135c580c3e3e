import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface DatabaseFolder {
  readonly path: string;
  /** Where a database may be made. */
  readonly file: string;
  dispose(): Promise<void>;
}

export async function createDatabaseFolder(): Promise<DatabaseFolder> {
  const path = await mkdtemp(join(tmpdir(), "commonhold-metadata-"));
  return {
    path,
    file: join(path, "metadata.db"),
    dispose: async () => await rm(path, { recursive: true, force: true }),
  };
}
