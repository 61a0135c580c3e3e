import { COPIES_MAX, COPIES_OF_PRIORITY, isPriority } from "@commonhold/core/priority.ts";
import { type Answer, errorAnswer, type FakeCall, json } from "./fake-call.ts";
import { fakeFolderId, moveFakeFile, splitFakePath } from "./fake-folders.ts";
import type { FakeFile, FakeState } from "./fake-state.ts";

export function fileView(state: FakeState, { bytes: _bytes, ...file }: FakeFile) {
  const { folder, name } = splitFakePath(file.filename);
  const versions = [...state.files.values()].filter(({ filename }) => filename === file.filename);
  return {
    ...file,
    filename: name,
    folder_id: fakeFolderId(state, folder),
    version: 1 + versions.findIndex(({ file_id }) => file_id === file.file_id),
    version_count: versions.length,
    replicas: state.replicas,
    health: state.health,
  };
}

/** Restores, changes and pins files. */
export function answerRedundancy(call: FakeCall): Answer {
  const { state, method } = call;
  const [id = "", action, nodeId = ""] = call.path.slice("/api/v1/files".length).split("/").slice(1);
  if (action === "restore") return restore(state, id);
  const file = state.files.get(id);
  if (file === undefined) return errorAnswer(404, "FILE_NOT_FOUND", `you have no file ${id}`);
  if (action !== "pins") return change(state, file, json(call));
  const node = state.nodes.find((candidate) => candidate.id === nodeId);
  if (node === undefined) {
    return errorAnswer(404, "NODE_NOT_FOUND", `there is no node ${nodeId}`);
  }
  const others = file.pins.filter((pinned) => pinned !== nodeId);
  state.files.set(id, { ...file, pins: method === "PUT" ? [...others, nodeId] : others });
  if (method !== "PUT") return { status: 204 };
  return { status: 200, body: { warning: node.status === "active" ? null : `node ${node.name} is ${node.status}` } };
}

function restore(state: FakeState, id: string): Answer {
  const deleted = state.deleted.get(id);
  if (deleted === undefined) return errorAnswer(404, "FILE_NOT_FOUND", `you have no deleted file ${id}`);
  const { deleted_at: _at, gone_at: _gone, ...file } = deleted;
  state.deleted.delete(id);
  state.files.set(id, file);
  return { status: 200, body: fileView(state, file) };
}

interface Change {
  readonly name?: string;
  readonly folder_id?: string | null;
  readonly priority?: string;
  readonly copies?: number;
}

function change(state: FakeState, before: FakeFile, body: Change): Answer {
  const refusal = moveFakeFile(state, before, body);
  if (refusal !== undefined) return refusal;
  const file = state.files.get(before.file_id)!;
  if (body.priority === undefined && body.copies === undefined) return { status: 200, body: fileView(state, file) };
  const { priority = file.priority } = body;
  if (!isPriority(priority)) return errorAnswer(400, "INVALID_REQUEST", `${priority} is no priority`);
  const copies = body.copies ?? (body.priority === undefined ? file.copies : COPIES_OF_PRIORITY[priority]);
  if (copies < 1 || copies > COPIES_MAX) return errorAnswer(400, "INVALID_REQUEST", `${copies} copies are none`);
  const nodes = state.nodes.length;
  if (copies > nodes) {
    return errorAnswer(503, "NOT_ENOUGH_NODES", `${copies} copies need ${copies} nodes and there are ${nodes}`);
  }
  const changed = { ...file, priority, copies };
  state.files.set(file.file_id, changed);
  return { status: 200, body: fileView(state, changed) };
}
