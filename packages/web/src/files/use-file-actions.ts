import { useMemo } from "react";
import { type Services, useServices } from "../app/services.tsx";
import { filesTexts } from "../texts/files-texts.ts";
import { messageOf } from "../ui/failure.tsx";
import { dropFromLists, type ListedFile } from "./use-files.ts";

const AT_ONCE = 4;

export interface FileActions {
  /** From the lists at once, with a word that takes it back. */
  readonly remove: (files: readonly ListedFile[]) => Promise<void>;
  readonly restore: (files: readonly ListedFile[]) => Promise<void>;
  readonly download: (files: readonly ListedFile[]) => Promise<void>;
}

export function useFileActions(): FileActions {
  const services = useServices();
  return useMemo(() => createFileActions(services), [services]);
}

function createFileActions({ api, queries, toasts }: Services): FileActions {
  const refresh = () => queries.invalidateQueries({ queryKey: ["files"] });
  const drop = async (files: readonly ListedFile[]) => {
    await queries.cancelQueries({ queryKey: ["files"] });
    dropFromLists(queries, new Set(files.map((file) => file.file_id)));
  };
  const restore = async (files: readonly ListedFile[]): Promise<void> => {
    await drop(files);
    const failures = await forEach(files, ({ file_id: id }) =>
      api("POST /api/v1/files/{id}/restore", { params: { id } }),
    );
    await refresh();
    toasts.show(failures[0] === undefined ? filesTexts.restored(files.length) : messageOf(failures[0]));
  };
  return {
    restore,
    remove: async (files) => {
      await drop(files);
      const removed: ListedFile[] = [];
      const failures = await forEach(files, async (file) => {
        await api("DELETE /api/v1/files/{id}", { params: { id: file.file_id } });
        removed.push(file);
      });
      await refresh();
      if (failures[0] !== undefined) toasts.show(`${filesTexts.removeFailed}: ${messageOf(failures[0])}`);
      if (removed.length === 0) return;
      toasts.show(filesTexts.removed(removed.length), { label: "Undo", run: () => void restore(removed) });
    },
    download: async (files) => {
      for (const { file_id: id } of files) {
        try {
          const body = { disposition: "attachment" } as const;
          const { url } = await api("POST /api/v1/files/{id}/ticket", { params: { id }, body, idempotent: true });
          save(url);
        } catch (error) {
          toasts.show(messageOf(error));
        }
      }
    },
  };
}

/** @returns why it failed, for those that did */
async function forEach<T>(items: readonly T[], run: (item: T) => Promise<unknown>): Promise<readonly unknown[]> {
  const failures: unknown[] = [];
  const rest = items.values();
  const work = async () => {
    for (const item of rest) await run(item).catch((error: unknown) => failures.push(error));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return failures;
}

/** The browser's own download: nothing of the file passes through the page. */
function save(url: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = "";
  document.body.append(link);
  link.click();
  link.remove();
}
