import { type Answer, errorAnswer, type FakeCall, json } from "./fake-call.ts";
import { answerAdmin } from "./fake-admin.ts";
import { answerAudits } from "./fake-audits.ts";
import { answerEconomy } from "./fake-economy.ts";
import { answerFolders, fakeFolderPath, splitFakePath, versionsOf } from "./fake-folders.ts";
import { answerOperations } from "./fake-operations.ts";
import { answerPurchases, FAKE_BALANCE } from "./fake-purchases.ts";
import { answerRedundancy, fileView } from "./fake-redundancy.ts";
import { answerShared, answerShares } from "./fake-shares.ts";
import { addFakeFile, type FakeFile, type FakeState, type FakeUpload, nextUuid, removeFakeFile } from "./fake-state.ts";

const STATUS = {
  version: "0.1.0",
  nodes: { active: 1, offline: 0 },
  files: 1,
  bytes: 10,
  chunks: { total: 1, fully_replicated: 1, under_replicated: 0 },
  handoffs: { pending: 0, spool_bytes: 0, spool_bytes_max: 1000 },
  capacity_bytes: 10_000_000_000,
  used_bytes: 2_500_000_000,
};

/** Answers as the contract of the HTTP API says; undefined where the call is answered already. */
export function answerFakeCall(call: FakeCall): Answer | undefined {
  const { method, path } = call;
  if (path === "/health") return { status: 200, body: { status: "ok", version: "0.1.0", uptime_s: 1 } };
  if (path === "/ready") return { status: 200, body: { ready: true, checks: {} } };
  if (path.startsWith("/api/v1/auth/") && (method === "POST" || method === "PUT")) {
    const answer = answerAuth(call);
    if (answer !== undefined) return answer;
  }
  if (path.startsWith("/api/v1/shared/")) return answerShared(call);
  const refusal = refuseToken(call);
  if (refusal !== undefined) return refusal;
  const shares = answerShares(call);
  if (shares !== undefined) return shares;
  if (path.startsWith("/api/v1/files/upload/")) return answerUpload(call);
  if (path.startsWith("/api/v1/files")) return answerFiles(call);
  if (path.startsWith("/api/v1/folders") || path === "/api/v1/search") return answerFolders(call);
  return answerRest(call);
}

function tokensFor(state: FakeState, email: string) {
  const access = `access-${state.nextId++}`;
  const refresh = `refresh-${state.nextId++}`;
  state.accessTokens.set(access, { email, expired: false });
  state.refreshTokens.set(refresh, email);
  return { access_token: access, refresh_token: refresh, token_type: "Bearer", expires_in: 900 };
}

function userView({ role }: FakeState, user: { id: string; email: string; name: string }) {
  return { id: user.id, email: user.email, name: user.name, role, created_at: "2026-01-01T00:00:00.000Z" };
}

function answerAuth(call: FakeCall): Answer | undefined {
  const { state } = call;
  switch (call.path.slice("/api/v1/auth/".length)) {
    case "register": {
      const { email, password, name = "" } = json(call) as { email: string; password: string; name?: string };
      if (state.users.has(email)) return errorAnswer(409, "EMAIL_TAKEN", `${email} has an account already`);
      const user = { id: nextUuid(state), email, name, password };
      state.users.set(email, user);
      return { status: 201, body: { user: userView(state, user), ...tokensFor(state, email) } };
    }
    case "login": {
      const { email, password } = json(call) as { email: string; password: string };
      const user = state.users.get(email);
      if (user?.password !== password) return errorAnswer(401, "INVALID_CREDENTIALS", "wrong e-mail or password");
      return { status: 200, body: { user: userView(state, user), ...tokensFor(state, email) } };
    }
    case "password": {
      const refusal = refuseToken(call);
      if (refusal !== undefined) return refusal;
      const token = call.request.headers.authorization?.replace("Bearer ", "") ?? "";
      const user = state.users.get(state.accessTokens.get(token)?.email ?? "");
      const { current_password, new_password, refresh_token } = json(call) as Record<string, string>;
      if (user === undefined || user.password !== current_password) {
        return errorAnswer(401, "INVALID_CREDENTIALS", "the current password is another one");
      }
      state.users.set(user.email, { ...user, password: new_password ?? "" });
      const others = [...state.refreshTokens].filter(([held, email]) => email === user.email && held !== refresh_token);
      for (const [held] of others) state.refreshTokens.delete(held);
      return { status: 200, body: { ended: others.length } };
    }
    case "refresh": {
      const { refresh_token: token } = json(call) as { refresh_token: string };
      const email = state.refreshTokens.get(token);
      if (email === undefined) {
        state.refreshTokens.clear();
        return errorAnswer(401, "INVALID_CREDENTIALS", "the refresh token was used before");
      }
      state.refreshTokens.set(token, undefined);
      return { status: 200, body: tokensFor(state, email) };
    }
    default:
      return undefined;
  }
}

function refuseToken(call: FakeCall): Answer | undefined {
  const token = call.state.accessTokens.get(call.request.headers.authorization?.replace("Bearer ", "") ?? "");
  if (token === undefined) return errorAnswer(401, "UNAUTHENTICATED", "log in first");
  return token.expired ? errorAnswer(401, "TOKEN_EXPIRED", "the access token has expired") : undefined;
}

function uploadView({ chunks: _chunks, state: _state, ...upload }: FakeUpload) {
  return upload;
}

function answerUpload(call: FakeCall): Answer {
  const { state, method } = call;
  const [id = "", action] = call.path.slice("/api/v1/files/upload/".length).split("/");
  if (id === "initiate") {
    const terms = json(call) as { filename: string; folder_id?: string; size_bytes: number };
    const { size_bytes: size } = terms;
    const folder = fakeFolderPath(state, terms.folder_id) ?? "";
    const filename = folder === "" ? terms.filename : `${folder}/${terms.filename}`;
    const upload: FakeUpload = {
      session_id: nextUuid(state),
      file_id: nextUuid(state),
      filename,
      size_bytes: size,
      chunk_size: state.chunkSize,
      chunk_count: Math.ceil(size / state.chunkSize),
      expires_at: "2030-01-01T00:00:00.000Z",
      chunks: new Map(),
      state: "uploading",
    };
    state.uploads.set(upload.session_id, upload);
    return { status: 201, body: uploadView(upload) };
  }
  const upload = state.uploads.get(id);
  if (upload === undefined) return errorAnswer(404, "UPLOAD_NOT_FOUND", `there is no upload ${id}`);
  const missing = Array.from({ length: upload.chunk_count }, (_, index) => index).filter((i) => !upload.chunks.has(i));
  const received = upload.chunks.size;
  if (action === "chunk") {
    const index = Number(call.query.get("index"));
    upload.chunks.set(index, call.body);
    const { session_id, chunk_count } = upload;
    const receipt = { session_id, index, chunk_name: "00", replicas: 3, received: upload.chunks.size, chunk_count };
    return { status: 200, body: receipt };
  }
  if (action === "complete") {
    if (upload.state === "complete") return errorAnswer(409, "UPLOAD_ENDED", "the upload has ended");
    if (missing.length > 0) return errorAnswer(409, "CHUNKS_MISSING", `${missing.length} chunks are missing`);
    return { status: 201, body: completeUpload(state, upload) };
  }
  if (method === "DELETE") {
    state.uploads.delete(id);
    return { status: 204 };
  }
  const view = { ...uploadView(upload), received, missing: missing.slice(0, 1000), missing_count: missing.length };
  return { status: 200, body: { ...view, state: upload.state } };
}

function completeUpload(state: FakeState, upload: FakeUpload): object {
  const bytes = new Uint8Array(upload.size_bytes);
  for (const [index, chunk] of upload.chunks) bytes.set(chunk, index * upload.chunk_size);
  upload.state = "complete";
  const added = addFakeFile(state, upload.filename, bytes);
  state.files.delete(added.file_id);
  const file: FakeFile = { ...added, file_id: upload.file_id };
  state.files.set(file.file_id, file);
  return fileView(state, file);
}

/** Stored once for each key. */
function answerWhole({ state, query, body, request }: FakeCall): Answer {
  const key = String(request.headers["idempotency-key"]);
  const known = state.files.get(state.keyed.get(key) ?? "");
  const file = known ?? addFakeFile(state, query.get("filename") ?? "", body);
  state.keyed.set(key, file.file_id);
  return { status: 201, body: fileView(state, file) };
}

function answerFiles(call: FakeCall): Answer | undefined {
  const { state, query } = call;
  const [id = "", action] = call.path.slice("/api/v1/files".length).split("/").slice(1);
  if (id === "" && call.method === "POST") return answerWhole(call);
  if (id === "") {
    const part = query.get("name") ?? "";
    const files: FakeFile[] = query.get("deleted") === "true" ? [...state.deleted.values()] : currentFiles(state);
    const folder = query.has("folder") ? fakeFolderPath(state, query.get("folder")) : undefined;
    const all = files.filter(({ filename }) => {
      const place = splitFakePath(filename);
      return place.name.includes(part) && (folder === undefined || place.folder === folder);
    });
    if (query.get("sort") === "-created_at") all.reverse();
    const start = Number(query.get("cursor") ?? 0);
    const end = start + Number(query.get("limit") ?? 100);
    const items = all.slice(start, end).map((file) => fileView(state, file));
    return { status: 200, body: { items, next_cursor: end < all.length ? String(end) : null } };
  }
  if (action === "restore" || action === "pins" || call.method === "PATCH") return answerRedundancy(call);
  const file = state.files.get(id);
  if (file === undefined) return errorAnswer(404, "FILE_NOT_FOUND", `there is no file ${id}`);
  if (action === "versions") {
    const items = versionsOf(state, file).map((version) => fileView(state, version));
    return { status: 200, body: { items: items.reverse() } };
  }
  if (call.method === "DELETE") {
    removeFakeFile(state, id);
    return { status: 204 };
  }
  if (action !== "download") return { status: 200, body: fileView(state, file) };
  sendFile(call, file);
  return undefined;
}

/** Of each path the newest. */
function currentFiles(state: FakeState): FakeFile[] {
  return [...new Map([...state.files.values()].map((file) => [file.filename, file])).values()];
}

function sendFile({ request, response }: FakeCall, file: FakeFile): void {
  const etag = `"${file.content_id}"`;
  const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? "");
  const sameFile = request.headers["if-range"] === undefined || request.headers["if-range"] === etag;
  const start = range !== null && sameFile ? Number(range[1]) : 0;
  const length = file.bytes.length - start;
  const headers = { etag, "content-length": length, "accept-ranges": "bytes" };
  if (range !== null && sameFile) {
    const place = `bytes ${start}-${file.bytes.length - 1}/${file.bytes.length}`;
    response.writeHead(206, { ...headers, "content-range": place });
  } else {
    response.writeHead(200, headers);
  }
  response.end(file.bytes.subarray(start));
}

function answerRest(call: FakeCall): Answer {
  const { state, method, path } = call;
  switch (`${method} ${path}`) {
    case "GET /api/v1/auth/me": {
      const token = state.accessTokens.get(call.request.headers.authorization?.replace("Bearer ", "") ?? "");
      const user = state.users.get(token?.email ?? "");
      return user === undefined
        ? errorAnswer(401, "UNAUTHENTICATED", "no such user")
        : { status: 200, body: { ...userView(state, user), credits: FAKE_BALANCE } };
    }
    case "POST /api/v1/auth/logout": {
      const { refresh_token: token } = json(call) as { refresh_token: string };
      state.refreshTokens.delete(token);
      return { status: 204 };
    }
    case "GET /api/v1/credits/history": {
      const line = { id: "1", kind: "purchase", description: "Bought", reference: "payment-1", amount: "10" };
      const item = { ...line, amount_microcredits: "10000000", created_at: "2026-01-01T00:00:00.000Z" };
      return { status: 200, body: { items: [item], next_cursor: null } };
    }
    case "GET /api/v1/nodes":
      return { status: 200, body: { items: state.nodes, next_cursor: null } };
    case "POST /api/v1/nodes/join-tokens": {
      const terms = json(call);
      const body = { join_token: "join-1", expires_at: "2030-01-01T00:00:00.000Z", uses: terms.uses ?? 1 };
      return { status: 201, body: { ...body, command: "commonhold node init" } };
    }
    case "GET /api/v1/status":
      return { status: 200, body: STATUS };
    default:
      return (
        answerPurchases(call) ??
        answerEconomy(call) ??
        answerAudits(call) ??
        answerAdmin(call) ??
        answerOperations(call) ??
        errorAnswer(404, "NOT_FOUND", `there is nothing at ${path}`)
      );
  }
}
