import { useMemo } from "react";
import { type Services, useServices } from "../app/services.tsx";
import { holdingChanges } from "../live/held-changes.ts";
import { appTexts } from "../texts/app-texts.ts";
import { filesTexts } from "../texts/files-texts.ts";
import { messageOf, sentence } from "../ui/failure.tsx";
import { restoredWord, type Restored } from "./restored-word.ts";
import { useGoToFolder } from "./use-go-to-folder.ts";
import { type EntriesInLists, entriesInLists, idsOf } from "./entries-in-lists.ts";
import { type Entry, filesOf, type Place } from "./entry.ts";

const AT_ONCE = 4;

/** What can be done with files and folders. Lists show it at once; what fails comes back with the reason. */
export interface EntryActions {
  /** With a word that takes it back. */
  readonly remove: (entries: readonly Entry[]) => Promise<void>;
  /** Says where they went, and leads there. */
  readonly restore: (entries: readonly Entry[]) => Promise<void>;
  /** One file as it is, more of them or folders as a zip. */
  readonly download: (entries: readonly Entry[]) => Promise<void>;
  /** @returns whether it has that name now */
  readonly rename: (entry: Entry, name: string) => Promise<boolean>;
  /** With a word that takes it back. */
  readonly move: (entries: readonly Entry[], place: Place) => Promise<void>;
  readonly createFolder: (name: string, place: Place) => Promise<void>;
}

export function useEntryActions(): EntryActions {
  const services = useServices();
  const goTo = useGoToFolder();
  return useMemo(() => createEntryActions(services, goTo), [services, goTo]);
}

interface Deps extends Services {
  readonly lists: EntriesInLists;
  /** To a folder by its address. */
  readonly goTo: (path: string) => void;
}

function createEntryActions(services: Services, goTo: Deps["goTo"]): EntryActions {
  const deps: Deps = { ...services, lists: entriesInLists(services.queries), goTo };
  return {
    restore: (entries) => restore(deps, entries),
    remove: (entries) => remove(deps, entries),
    download: (entries) => download(deps, entries),
    rename: (entry, name) => rename(deps, entry, name),
    move: (entries, place) => move(deps, entries, place),
    createFolder: (name, place) => createFolder(deps, name, place),
  };
}

async function restore(deps: Deps, entries: readonly Entry[]): Promise<void> {
  const { api, lists, toasts, goTo } = deps;
  await lists.hold();
  lists.drop(idsOf(entries));
  const restored: Restored[] = [];
  const { failure } = await forEach(entries, async (entry) => {
    const { path: way = [] } =
      entry.kind === "file"
        ? await api("POST /api/v1/files/{id}/restore", { params: { id: entry.file.file_id } })
        : await api("POST /api/v1/folders/{id}/restore", { params: { id: entry.id } });
    restored.push({ entry, way });
  });
  await lists.refresh();
  if (failure !== undefined) toasts.show(sentence(messageOf(failure)));
  if (restored.length === 0) return;
  const { text, path } = restoredWord(restored);
  toasts.show(text, path === undefined ? undefined : { label: filesTexts.restored.show, run: () => goTo(path) });
}

async function remove(deps: Deps, entries: readonly Entry[]): Promise<void> {
  const { api, lists, toasts } = deps;
  await lists.hold();
  lists.drop(idsOf(entries));
  const { done, failure } = await forEach(entries, (entry) =>
    entry.kind === "file"
      ? api("DELETE /api/v1/files/{id}", { params: { id: entry.file.file_id } })
      : api("DELETE /api/v1/folders/{id}", { params: { id: entry.id } }),
  );
  await lists.refresh();
  if (failure !== undefined) toasts.show(`${filesTexts.removeFailed}: ${messageOf(failure)}`);
  if (done.length === 0) return;
  toasts.show(filesTexts.removed(done.length), { label: appTexts.undo, run: () => void restore(deps, done) });
}

async function download({ api, toasts }: Deps, entries: readonly Entry[]): Promise<void> {
  const [first, ...others] = entries;
  if (first === undefined) return;
  try {
    if (first.kind === "file" && others.length === 0) {
      const body = { disposition: "attachment" } as const;
      save(await api("POST /api/v1/files/{id}/ticket", { params: { id: first.file.file_id }, body, idempotent: true }));
    } else {
      const folders = entries.filter(({ kind }) => kind === "folder");
      const body = { file_ids: filesOf(entries).map((file) => file.file_id), folder_ids: folders.map(({ id }) => id) };
      save(await api("POST /api/v1/archives", { body, idempotent: true }));
    }
  } catch (error) {
    toasts.show(sentence(messageOf(error)));
  }
}

async function rename({ api, lists, toasts, queries }: Deps, entry: Entry, name: string): Promise<boolean> {
  if (name === entry.name || name === "") return true;
  await lists.hold();
  lists.rename(entry.id, name);
  let isDone = true;
  try {
    if (entry.kind === "folder") await api("PATCH /api/v1/folders/{id}", { params: { id: entry.id }, body: { name } });
    else await api("PATCH /api/v1/files/{id}", { params: { id: entry.file.file_id }, body: { name } });
  } catch (error) {
    toasts.show(sentence(messageOf(error)));
    isDone = false;
  }
  await Promise.all([lists.refresh(), queries.invalidateQueries({ queryKey: ["file"] })]);
  return isDone;
}

async function move(deps: Deps, entries: readonly Entry[], place: Place): Promise<void> {
  const moving = entries.filter(({ id, parentId }) => parentId !== place.id && id !== place.id);
  if (moving.length === 0) return;
  const { lists, toasts } = deps;
  await lists.hold();
  lists.drop(idsOf(moving));
  const { done, failure } = await forEach(moving, (entry) => moveOne(deps, entry, place.id));
  await lists.refresh();
  if (failure !== undefined) toasts.show(`${filesTexts.moveFailed}: ${messageOf(failure)}`);
  if (done.length === 0) return;
  toasts.show(filesTexts.moved(done.length, place.name), {
    label: appTexts.undo,
    run: () => void moveBack(deps, done),
  });
}

async function moveBack(deps: Deps, entries: readonly Entry[]): Promise<void> {
  const { lists, toasts } = deps;
  await lists.hold();
  lists.drop(idsOf(entries));
  const { failure } = await forEach(entries, (entry) => moveOne(deps, entry, entry.parentId));
  await lists.refresh();
  toasts.show(failure === undefined ? filesTexts.movedBack : sentence(messageOf(failure)));
}

function moveOne({ api }: Deps, entry: Entry, folderId: string | null): Promise<unknown> {
  return entry.kind === "file"
    ? api("PATCH /api/v1/files/{id}", { params: { id: entry.file.file_id }, body: { folder_id: folderId } })
    : api("PATCH /api/v1/folders/{id}", { params: { id: entry.id }, body: { parent_id: folderId } });
}

async function createFolder({ api, lists, toasts }: Deps, name: string, place: Place): Promise<void> {
  await lists.hold();
  lists.add(name, place.id);
  try {
    await api("POST /api/v1/folders", { body: { name, parent_id: place.id } });
  } catch (error) {
    toasts.show(sentence(messageOf(error)));
  }
  await lists.refresh();
}

interface Outcome<T> {
  readonly done: readonly T[];
  /** Why one of the others failed. */
  readonly failure: unknown;
}

function forEach<T>(items: readonly T[], run: (item: T) => Promise<unknown>): Promise<Outcome<T>> {
  return holdingChanges(() => forEachAtOnce(items, run));
}

async function forEachAtOnce<T>(items: readonly T[], run: (item: T) => Promise<unknown>): Promise<Outcome<T>> {
  const done: T[] = [];
  let failure: unknown;
  const rest = items.values();
  const work = async (): Promise<void> => {
    for (const item of rest) {
      try {
        await run(item);
        done.push(item);
      } catch (error) {
        failure ??= error;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { done, failure };
}

/** The browser's own download: nothing of the file passes through the page. */
function save({ url }: { readonly url: string }): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = "";
  document.body.append(link);
  link.click();
  link.remove();
}
