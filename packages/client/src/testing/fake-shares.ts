import { createHash } from "node:crypto";
import { type Answer, errorAnswer, type FakeCall, json } from "./fake-call.ts";
import { type FakeState, nextUuid } from "./fake-state.ts";

/** A link of the fake coordinator. */
export interface FakeShare {
  readonly id: string;
  readonly file_id: string;
  readonly token: string;
  readonly password: string | undefined;
  readonly sealed: boolean;
  readonly expires_in_s: number | undefined;
  readonly downloads_max: number | undefined;
}

/** Calls about links that need a login; undefined where it is none of them. */
export function answerShares(call: FakeCall): Answer | undefined {
  const { state, method, path, query } = call;
  const [, fileId] = /^\/api\/v1\/files\/([^/]+)\/shares$/.exec(path) ?? [];
  if (method === "POST" && fileId !== undefined) {
    if (!state.files.has(fileId)) return errorAnswer(404, "FILE_NOT_FOUND", `you have no file ${fileId}`);
    const terms = json(call) as Partial<FakeShare>;
    const id = nextUuid(state);
    const token = `token-${id.slice(-12)}-abcdefgh`;
    const { password, sealed = false, expires_in_s, downloads_max } = terms;
    const share = { id, file_id: fileId, token, password, sealed, expires_in_s, downloads_max };
    state.shares.set(id, share);
    return { status: 201, body: shareView(state, share) };
  }
  if (method === "GET" && path === "/api/v1/shares") {
    const wanted = query.get("file");
    const shares = [...state.shares.values()].filter((share) => wanted === null || share.file_id === wanted);
    return { status: 200, body: { items: shares.map((share) => shareView(state, share)), next_cursor: null } };
  }
  const [, shareId] = /^\/api\/v1\/shares\/([^/]+)$/.exec(path) ?? [];
  if (method !== "DELETE" || shareId === undefined) return undefined;
  return state.shares.delete(shareId) ? { status: 204 } : errorAnswer(404, "SHARE_NOT_FOUND", "you have no such link");
}

function shareView(state: FakeState, share: FakeShare): object {
  return {
    id: share.id,
    file_id: share.file_id,
    filename: state.files.get(share.file_id)?.filename ?? null,
    token: share.token,
    url_path: `/shared/${share.token}`,
    has_password: share.password !== undefined,
    sealed: share.sealed,
    expires_at: share.expires_in_s === undefined ? null : "2030-01-01T00:00:00.000Z",
    downloads: 0,
    downloads_max: share.downloads_max ?? null,
    created_at: "2026-01-01T00:00:00.000Z",
  };
}

/** Calls of whoever has a link; undefined where it is answered already. */
export function answerShared(call: FakeCall): Answer | undefined {
  const { state, path, query } = call;
  const [token = "", action] = path.slice("/api/v1/shared/".length).split("/");
  const wanted = token === "download" ? query.get("ticket") : token;
  const share = [...state.shares.values()].find((each) => each.token === wanted);
  const file = state.files.get(share?.file_id ?? "");
  if (share === undefined || file === undefined) return errorAnswer(404, "SHARE_NOT_FOUND", "there is no such link");
  if (token === "download") {
    sendRange(call, file.bytes);
    return undefined;
  }
  if (action === undefined) return { status: 200, body: { needs_password: share.password !== undefined } };
  if (share.password !== undefined && json(call).password !== share.password) {
    return errorAnswer(401, "INVALID_CREDENTIALS", "this is not the password of this link");
  }
  const shown = { name: file.filename, size_bytes: file.size_bytes, media_type: file.content_type };
  const terms = { sealed: share.sealed, expires_at: null, downloads_left: null, owner_name: "Ada" };
  const url = `/api/v1/shared/download?ticket=${share.token}`;
  return { status: 200, body: { url, expires_at: "2030-01-01T00:00:00.000Z", file: { ...shown, ...terms } } };
}

function sendRange({ request, response }: FakeCall, bytes: Uint8Array): void {
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
  const [start, end] = range === null ? [0, bytes.length - 1] : [Number(range[1]), Number(range[2])];
  response.writeHead(206, {
    "content-length": end - start + 1,
    "content-range": `bytes ${start}-${end}/${bytes.length}`,
    etag: `"${createHash("sha256").update(bytes).digest("hex")}"`,
  });
  response.end(bytes.subarray(start, end + 1));
}
