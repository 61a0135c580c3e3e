import type { FileId, UserId } from "@commonhold/core/ids.ts";
import type { FileHealthReader } from "./file-health.ts";
import type { FileService } from "./file-service.ts";
import { type FileView, fileView } from "./file-view.ts";

export interface OwnFile {
  readonly fileId: FileId;
  readonly ownerId: UserId;
}

/** One file with all that is known of it. @throws AppError FILE_NOT_FOUND */
export async function showFile(
  deps: { readonly files: Pick<FileService, "get" | "replicas">; readonly health: FileHealthReader },
  { fileId, ownerId }: OwnFile,
): Promise<FileView> {
  const file = await deps.files.get(fileId, ownerId);
  const [replicas, pins, health] = await Promise.all([
    deps.files.replicas(file),
    deps.health.pinsOf(fileId),
    deps.health.healthOf(fileId),
  ]);
  return fileView(file, replicas, { pins, health });
}
