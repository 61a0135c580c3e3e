import type { AddressInfo } from "node:net";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import { createAccessTokens } from "../accounts/access-tokens.ts";
import { registerSharing } from "../coordinator-sharing.ts";
import { registerDownloadRoutes } from "../downloads/download-routes.ts";
import { createExplainUnreadable } from "../downloads/unreadable-file.ts";
import { createFileHealthReader } from "../files/file-health.ts";
import { registerFileRoutes } from "../files/file-routes.ts";
import { registerChangeRoutes } from "../files/change-routes.ts";
import { createFileService, DELETION_GRACE_MS } from "../files/file-service.ts";
import { registerRestoreRoutes } from "../files/restore-routes.ts";
import { registerVersionRoutes } from "../files/version-routes.ts";
import { registerFolderRoutes } from "../folders/folder-routes.ts";
import { createFolderService } from "../folders/folder-service.ts";
import { createFolderSteps } from "../folders/folder-steps.ts";
import { registerSearchRoutes } from "../search/search-routes.ts";
import { type DataPath, openDataPath } from "../transfers/data-path.fixture.ts";
import { registerOneStepRoutes } from "../uploads/one-step-routes.ts";
import { registerUploadRoutes } from "../uploads/upload-routes.ts";
import type { Answer } from "./api-caller.fixture.ts";
import type { TestUser } from "./api.fixture.ts";
import { createAuthentication } from "./authentication.ts";
import { createHttpFixture, createLogFixture } from "./http.fixture.ts";
import type { Http, HttpOptions } from "./http-server.ts";

export interface WholeApiCall {
  readonly token?: string | undefined;
  readonly headers?: Record<string, string>;
  /** An object is sent as JSON. */
  readonly body?: unknown;
}

/** For tests: uploads, files and downloads behind real authentication, over sockets, with nodes in memory. */
export interface WholeApi {
  readonly path: DataPath;
  readonly user: TestUser;
  readonly app: Http;
  readonly url: string;
  readonly logLines: readonly Record<string, unknown>[];
  fetch(method: string, address: string, call?: WholeApiCall): Promise<Response>;
  /** As `fetch`, with the answer's JSON. Without a token of its own the call is by `user`. */
  call(method: string, address: string, call?: WholeApiCall): Promise<Answer>;
  /** A new three-step upload's id. */
  initiate(fields?: object): Promise<string>;
  /** All that a refused call must leave as it was: rows, credits, and memory in use. */
  traces(): Promise<unknown>;
  close(): Promise<void>;
}

export async function openWholeApi(
  options: { readonly nodes?: number; readonly http?: Partial<HttpOptions> } = {},
): Promise<WholeApi> {
  const path = await openDataPath({ nodes: options.nodes ?? 3 });
  const { app, logLines } = await createHttpFixture(options.http);
  await registerRoutes(app, path);
  await app.listen({ host: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const { user } = path;

  const request: WholeApi["fetch"] = (method, address, { token = user.accessToken, headers, body } = {}) =>
    fetch(`${url}${address}`, {
      method,
      headers: { ...(token === "" ? {} : { authorization: `Bearer ${token}` }), ...headers },
      ...(body === undefined ? {} : { body: bodyOf(body) }),
    });
  const call: WholeApi["call"] = async (method, address, options) => {
    const response = await request(method, address, options);
    const text = await response.text();
    const headers = Object.fromEntries(response.headers);
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text), headers };
  };
  const rowsOf = (table: "uploads" | "files" | "file_chunks") =>
    path.api.metadata.read
      .selectFrom(table)
      .select((eb) => eb.fn.countAll<number>().as("count"))
      .executeTakeFirstOrThrow();

  return {
    path,
    user,
    app,
    logLines,
    url,
    fetch: request,
    call,
    initiate: async (fields) => {
      const answer = await call("POST", "/api/v1/files/upload/initiate", {
        body: { filename: "a", size_bytes: 300_000, ...fields },
      });
      if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
      return answer.body.session_id;
    },
    traces: async () => ({
      uploads: await rowsOf("uploads"),
      files: await rowsOf("files"),
      chunks: await rowsOf("file_chunks"),
      credits: await path.credits(),
      memory: path.transfers.uploadBudget.usedBytes + path.transfers.streams.usedBytes,
    }),
    close: async () => {
      app.server.closeAllConnections();
      await app.close();
      await path.close();
    },
  };
}

function bodyOf(body: unknown): NonNullable<RequestInit["body"]> {
  if (typeof body === "string" || body instanceof FormData) return body;
  return body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body);
}

async function registerRoutes(app: Http, path: DataPath): Promise<void> {
  const { api, transfers } = path;
  const { logger } = createLogFixture();
  const accessTokens = await createAccessTokens(
    { clock: api.clock, random: systemRandom, key: api.tokenKey },
    { ttlS: 900 },
  );
  const authentication = createAuthentication({ accessTokens, metadata: api.metadata });
  const { requireUser } = authentication;
  const files = createFileService(api);
  const parts = { ...transfers, budget: transfers.uploadBudget, logger };
  registerUploadRoutes(app, { ...parts, requireUser, receiver: parts, files });
  registerOneStepRoutes(app, { requireUser, uploads: parts, keyed: parts.keyed, files });
  const health = createFileHealthReader({
    metadata: api.metadata,
    catalog: transfers.replicas.catalog,
    standingOf: (id) => api.directory.standingOf(id),
  });
  registerFileRoutes(app, { requireUser, files, health });
  registerRestoreRoutes(app, { requireUser, files, health });
  registerVersionRoutes(app, { requireUser, files, health });
  const redundancy = { change: () => Promise.reject(new Error("not here")) };
  registerChangeRoutes(app, { requireUser, files, health, redundancy });
  const folders = createFolderService({
    ...api,
    random: systemRandom,
    steps: createFolderSteps({ ...api, random: systemRandom }),
  });
  registerFolderRoutes(app, { requireUser, folders }, { deletionGraceMs: DELETION_GRACE_MS });
  registerSearchRoutes(app, { requireUser, metadata: api.metadata });
  const explainUnreadable = createExplainUnreadable({
    ...api,
    catalog: transfers.replicas.catalog,
    hasKept: (name) => transfers.spool.has(name),
  });
  const answer = { ...parts, streams: transfers.readings, explainUnreadable, masterKey: api.masterKey };
  registerDownloadRoutes(app, { ...answer, requireUser, files });
  const base = { ...api, secrets: api, linkHasher: api.hasher };
  await registerSharing(app, { base, authentication, files, answer, transfers }, { ticketTtlS: 3_600 });
}
