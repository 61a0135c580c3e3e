import { type Answer, errorAnswer, type FakeCall, json } from "./fake-call.ts";
import type { FakeFile, FakeState } from "./fake-state.ts";

/** The fake keeps a file's path in one, and makes folders of paths as they come. */
export function splitFakePath(path: string): { readonly folder: string; readonly name: string } {
  const slash = path.lastIndexOf("/");
  return { folder: path.slice(0, Math.max(0, slash)), name: path.slice(slash + 1) };
}

/** The id of the folder at a path, which is made where it is missing; null for the root. */
export function fakeFolderId(state: FakeState, path: string): string | null {
  if (path === "") return null;
  fakeFolderId(state, splitFakePath(path).folder);
  for (const [id, known] of state.folders) if (known === path) return id;
  const id = `00000000-0000-7000-9000-${(state.nextId++).toString(16).padStart(12, "0")}`;
  state.folders.set(id, path);
  return id;
}

/** The path of a folder by its id, or "root"; undefined where it is not there. */
export function fakeFolderPath(state: FakeState, id: string | null | undefined): string | undefined {
  return id === null || id === undefined || id === "root" ? "" : state.folders.get(id);
}

export function versionsOf(state: FakeState, file: FakeFile): readonly FakeFile[] {
  return [...state.files.values()].filter(({ filename }) => filename === file.filename);
}

const CREATED = "2026-01-01T00:00:00.000Z";

function folderView(state: FakeState, path: string) {
  const { folder, name } = splitFakePath(path);
  return { id: fakeFolderId(state, path), name, parent_id: fakeFolderId(state, folder), created_at: CREATED };
}

function withPath(state: FakeState, path: string): Answer {
  const parts = path === "" ? [] : path.split("/");
  const ways = parts.map((name, index) => ({ id: fakeFolderId(state, parts.slice(0, index + 1).join("/")), name }));
  const root = { id: null, name: "", parent_id: null, created_at: null };
  return { status: 200, body: { ...(path === "" ? root : folderView(state, path)), path: ways } };
}

const join = (folder: string, name: string): string => (folder === "" ? name : `${folder}/${name}`);
const missing = (what: string): Answer => errorAnswer(404, "FOLDER_NOT_FOUND", `you have no folder ${what}`);

function move(state: FakeState, from: string, to: string): void {
  const moved = (path: string) => (path === from || path.startsWith(`${from}/`) ? to + path.slice(from.length) : path);
  for (const [id, path] of state.folders) state.folders.set(id, moved(path));
  for (const [id, file] of state.files) state.files.set(id, { ...file, filename: moved(file.filename) });
}

/** Answers what is asked about folders, and searches. */
export function answerFolders(call: FakeCall): Answer {
  const { state, method, query } = call;
  if (call.path === "/api/v1/search") return search(state, query.get("q") ?? "");
  const [id = ""] = call.path.slice("/api/v1/folders".length).split("/").slice(1);
  if (id === "" && method === "GET") {
    const parent = fakeFolderPath(state, query.get("parent"));
    if (parent === undefined) return missing(String(query.get("parent")));
    const inside = [...state.folders.values()].filter((path) => splitFakePath(path).folder === parent).sort();
    const removed = [...state.removedFolders].map(([folderId, { path }]) => removedView(folderId, path));
    const items = query.get("deleted") === "true" ? removed : inside.map((path) => folderView(state, path));
    return { status: 200, body: { items, next_cursor: null } };
  }
  if (id === "at") {
    const path = (query.get("path") ?? "").replace(/^\/|\/$/g, "");
    return path === "" || [...state.folders.values()].includes(path) ? withPath(state, path) : missing(path);
  }
  if (call.path.endsWith("/restore")) return restore(state, id);
  if (method === "POST") {
    const { name, path, parent_id } = json(call) as { name?: string; path?: string; parent_id: string | null };
    const made = join(fakeFolderPath(state, parent_id) ?? "", path ?? name ?? "");
    const isTaken = id === "" && [...state.folders.values()].includes(made);
    if (isTaken) return errorAnswer(409, "NAME_TAKEN", `there is a folder "${name}" in this place already`);
    fakeFolderId(state, made);
    return { status: id === "" ? 201 : 200, body: folderView(state, made) };
  }
  const path = state.folders.get(id);
  if (path === undefined) return missing(id);
  return answerFolder(call, { id, path });
}

function answerFolder(call: FakeCall, { id, path }: { readonly id: string; readonly path: string }): Answer {
  const { state, method } = call;
  if (method === "GET") return withPath(state, path);
  if (method === "DELETE") {
    const isInside = (other: string) => other === path || other.startsWith(`${path}/`);
    const folders = [...state.folders].filter(([, known]) => isInside(known));
    const files = [...state.files.values()].filter(({ filename }) => isInside(filename));
    state.removedFolders.set(id, { path, folders, files });
    for (const [other] of folders) state.folders.delete(other);
    for (const { file_id } of files) state.files.delete(file_id);
    return { status: 204 };
  }
  const { name, parent_id } = json(call) as { name?: string; parent_id?: string | null };
  const parent = parent_id === undefined ? splitFakePath(path).folder : (fakeFolderPath(state, parent_id) ?? "");
  move(state, path, join(parent, name ?? splitFakePath(path).name));
  return { status: 200, body: folderView(state, state.folders.get(id)!) };
}

function removedView(id: string, path: string) {
  const times = { created_at: CREATED, deleted_at: "2026-01-02T00:00:00.000Z", gone_at: "2026-01-03T00:00:00.000Z" };
  return { id, name: splitFakePath(path).name, parent_id: null, ...times };
}

function restore(state: FakeState, id: string): Answer {
  const removed = state.removedFolders.get(id);
  if (removed === undefined) return missing(id);
  state.removedFolders.delete(id);
  for (const [folderId, path] of removed.folders) state.folders.set(folderId, path);
  for (const file of removed.files) state.files.set(file.file_id, file);
  return { status: 200, body: folderView(state, removed.path) };
}

function search(state: FakeState, text: string): Answer {
  const path = (folder: string) => (withPath(state, folder).body as { path: object[] }).path;
  const has = (whole: string) => splitFakePath(whole).name.toLowerCase().includes(text.toLowerCase());
  const folders = [...state.folders.values()].filter(has).map((whole) => ({
    kind: "folder",
    folder: folderView(state, whole),
    path: path(splitFakePath(whole).folder),
  }));
  const files = [...state.files.values()]
    .filter(({ filename }) => has(filename))
    .map(({ bytes: _bytes, ...file }) => ({
      kind: "file",
      file: { ...file, filename: splitFakePath(file.filename).name },
      path: path(splitFakePath(file.filename).folder),
    }));
  return { status: 200, body: { items: [...files, ...folders], next_cursor: null } };
}

/** Moves all versions of a file. */
export function moveFakeFile(
  state: FakeState,
  file: FakeFile,
  to: { readonly name?: string | undefined; readonly folder_id?: string | null | undefined },
): Answer | undefined {
  const { folder, name } = splitFakePath(file.filename);
  const target = to.folder_id === undefined ? folder : fakeFolderPath(state, to.folder_id);
  if (target === undefined) return missing(String(to.folder_id));
  const filename = join(target, to.name ?? name);
  if (filename !== file.filename && [...state.files.values()].some((other) => other.filename === filename)) {
    return errorAnswer(409, "NAME_TAKEN", `there is a file "${filename}" in this place already`);
  }
  for (const version of versionsOf(state, file)) state.files.set(version.file_id, { ...version, filename });
  return undefined;
}
