import { count, object, type Read, text } from "./answer.ts";
import { withSignal } from "./http-attempt.ts";
import type { HttpTransport } from "./http-transport.ts";

const archive = object({
  /** From the coordinator's address; it needs no other sign of who asks. */
  url: text,
  expires_at: text,
  file_count: count,
  size_bytes: count,
});

/** Many files as one zip. */
export type Archive = Read<typeof archive>;

export interface Archives {
  /** @throws AppError FILE_NOT_FOUND, FOLDER_NOT_FOUND, INVALID_REQUEST for more than 10,000 files and folders */
  create(
    what: { readonly fileIds?: readonly string[]; readonly folderIds?: readonly string[] },
    signal?: AbortSignal,
  ): Promise<Archive>;
}

export function createArchives({ transport }: { readonly transport: HttpTransport }): Archives {
  return {
    create: ({ fileIds = [], folderIds = [] }, signal) =>
      transport.call(
        {
          method: "POST",
          path: "/api/v1/archives",
          body: { file_ids: fileIds, folder_ids: folderIds },
          ...withSignal(signal),
        },
        archive,
      ),
  };
}
