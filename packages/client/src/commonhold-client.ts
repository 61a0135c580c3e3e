import type { Clock } from "@commonhold/core/clock.ts";
import type { Random } from "@commonhold/core/random.ts";
import { type Accounts, createAccounts } from "./accounts.ts";
import { type Admin, createAdmin } from "./admin.ts";
import { type Archives, createArchives } from "./archives.ts";
import { type Audits, createAudits } from "./audits.ts";
import type { BackoffLimits } from "./backoff.ts";
import { createMemoryCredentialStore, type CredentialStore } from "./credentials.ts";
import { type Credits, createCredits } from "./credits.ts";
import { type DownloadOptions, downloadFile } from "./download-file.ts";
import { createEarnings, type Earnings } from "./earnings.ts";
import { createEvents, type Events } from "./events.ts";
import type { FileSink } from "./file-sink.ts";
import type { FileSource } from "./file-source.ts";
import { createFiles, type FileObject, type Files } from "./files.ts";
import { createFolders, type Folders } from "./folders.ts";
import { createHttpTransport } from "./http-transport.ts";
import { createJobs, type Jobs } from "./jobs.ts";
import { createNodes, type Nodes } from "./nodes.ts";
import { createRepair, type Repair } from "./repair.ts";
import { createShares, type Shares } from "./shares.ts";
import { createStatus, type Status } from "./status.ts";
import { type UploadOptions, uploadFile } from "./upload-file.ts";
import { abortUpload } from "./upload-session.ts";

export interface CommonholdClient {
  readonly baseUrl: string;
  readonly accounts: Accounts;
  readonly admin: Admin;
  readonly archives: Archives;
  readonly audits: Audits;
  readonly credits: Credits;
  readonly earnings: Earnings;
  readonly events: Events;
  readonly files: Files;
  readonly folders: Folders;
  readonly jobs: Jobs;
  readonly nodes: Nodes;
  readonly repair: Repair;
  readonly shares: Shares;
  readonly status: Status;
  upload(source: FileSource, options?: UploadOptions): Promise<FileObject>;
  /** Gives up an upload that was begun, and its reserved credits. */
  abortUpload(sessionId: string, signal?: AbortSignal): Promise<void>;
  download(fileId: string, sink: FileSink, options?: DownloadOptions): ReturnType<typeof downloadFile>;
}

export interface CommonholdClientDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** In memory where none is given. */
  readonly credentials?: CredentialStore;
  readonly fetch?: typeof fetch;
}

export interface CommonholdClientOptions {
  /** The coordinator's address, such as http://localhost:8080. */
  readonly baseUrl: string;
  readonly backoff?: BackoffLimits;
  /** For one try of a call that carries no file. */
  readonly timeoutMs?: number;
}

/** Everything that a person can do with a coordinator. */
export function createCommonholdClient(deps: CommonholdClientDeps, options: CommonholdClientOptions): CommonholdClient {
  const credentials = deps.credentials ?? createMemoryCredentialStore();
  const transport = createHttpTransport({ ...deps, credentials }, options);
  const all = { ...deps, credentials, transport };
  return {
    baseUrl: transport.baseUrl,
    accounts: createAccounts(all),
    admin: createAdmin(all),
    archives: createArchives(all),
    audits: createAudits(all),
    credits: createCredits(all),
    earnings: createEarnings(all),
    events: createEvents(all),
    files: createFiles(all),
    folders: createFolders(all),
    jobs: createJobs(all),
    nodes: createNodes(all),
    repair: createRepair(all),
    shares: createShares(all),
    status: createStatus(all),
    upload: (source, uploadOptions) => uploadFile(all, source, uploadOptions),
    abortUpload: (sessionId, signal) => abortUpload(transport, sessionId, signal),
    download: (fileId, sink, downloadOptions) => downloadFile(all, { fileId, sink }, downloadOptions),
  };
}
