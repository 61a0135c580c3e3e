import type { HttpTransport } from "@commonhold/client/http-transport.ts";
import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import { uuidV7 } from "@commonhold/core/ids.ts";
import type { Connection } from "../app/connection.ts";
import { pageClock, pageRandom } from "../session/page-clock.ts";
import { coalesced } from "./coalesced.ts";
import type { GivenFile, GivenFiles } from "./dropped-files.ts";
import { type FolderPlace, FolderPaths, splitPath } from "./folder-paths.ts";
import type { KeptUpload, KeptUploads } from "./kept-uploads.ts";
import { ONE_REQUEST_BYTES_MAX } from "./one-request.ts";
import { createTransferRate } from "./transfer-rate.ts";
import { isMoving, type UploadItem } from "./upload-item.ts";
import { holdUpload, isHeldElsewhere } from "./upload-locks.ts";

/** Four small files at once, or two that are sent in chunks: a browser has six connections to one address. */
const LOAD_MAX = 4;
const LOAD_OF_SMALL = 1;
const LOAD_OF_LARGE = 2;
/** How often those who watch are told, at most: ten thousand files change more often than anybody can see. */
const TELL_MS = 100;
const STORED_MS = 1000;
const CANCELLED = new Error("cancelled");

export interface UploadQueueDeps {
  readonly transport: HttpTransport;
  readonly kept: KeptUploads;
  readonly userId: () => string | undefined;
  readonly connection: Pick<Connection, "isAway" | "subscribe">;
  /** Makes the folders of a path. @returns the id of the last */
  readonly ensureFolder: (parentId: FolderPlace, path: string) => Promise<string>;
  /** Something new is there; told once a second at most. */
  readonly onStored: () => void;
}

interface Work {
  item: UploadItem;
  readonly folderId: FolderPlace;
  readonly load: number;
  /** Under which it is begun, however often: one whose answer was lost is not stored twice. */
  readonly key: string;
  given?: GivenFile;
  kept?: KeptUpload;
  abort?: AbortController;
}

/** The uploads of this page: a few files at a time, that can be paused, resumed and retried. */
export class UploadQueue {
  readonly #deps: UploadQueueDeps;
  readonly #paths: FolderPaths;
  readonly #works = new Map<string, Work>();
  readonly #waiting = new Set<Work>();
  readonly #listeners = new Set<() => void>();
  readonly #tell: () => void;
  readonly #tellStored: () => void;
  #snapshot: readonly UploadItem[] = [];
  #load = 0;
  /** Of all files together, since something is sent. */
  #rate = createTransferRate();
  #sentBytes = 0;
  #bytesPerSecond: number | undefined;
  #nextId = 1;

  constructor(deps: UploadQueueDeps) {
    this.#deps = deps;
    this.#paths = new FolderPaths({ ensure: deps.ensureFolder });
    deps.connection.subscribe(() => this.#begin());
    this.#tellStored = coalesced(deps.onStored, STORED_MS);
    this.#tell = coalesced(() => {
      this.#snapshot = [...this.#works.values()].map(({ item }) => item);
      this.#bytesPerSecond = this.#load > 0 ? this.#rate.report(this.#sentBytes, pageClock.monotonicMs()) : undefined;
      for (const listener of this.#listeners) listener();
    }, TELL_MS);
  }

  readonly items = (): readonly UploadItem[] => this.#snapshot;

  /** How fast all of them go together; undefined until it is known. */
  readonly bytesPerSecond = (): number | undefined => this.#bytesPerSecond;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Takes files into a folder, with the folders that they came in. One that an interrupted upload waits for continues that. */
  add({ files, emptyFolders }: Pick<GivenFiles, "files" | "emptyFolders">, folderId: FolderPlace): void {
    const open = new Map([...this.#works.values()].filter(canContinue).map((work) => [keyOf(work), work]));
    for (const given of files) {
      const waiting = given.sealed === undefined ? open.get(keyOfGiven(given, folderId)) : undefined;
      if (waiting === undefined) this.#insert("waiting", { given, folderId });
      else {
        waiting.given = given;
        this.#change(waiting, { state: "waiting" });
      }
    }
    void this.#makeFolders(emptyFolders, folderId);
    this.#begin();
  }

  /** Shows what earlier pages left behind. */
  async recall(): Promise<void> {
    const userId = this.#deps.userId();
    if (userId === undefined) return;
    for (const kept of await this.#deps.kept.list(userId)) {
      const isHeld = await isHeldElsewhere(kept.sessionId);
      if (this.#deps.userId() !== userId) return;
      const isKnown = [...this.#works.values()].some((work) => work.kept?.sessionId === kept.sessionId);
      if (isKnown || isHeld) continue;
      this.#insert("interrupted", { kept, folderId: kept.folderId });
    }
  }

  /** The file that an interrupted upload waits for. @returns false where it is another one, or has changed since */
  provide(id: string, file: File): boolean {
    const work = this.#works.get(id);
    if (work === undefined || !canContinue(work)) return false;
    const given = { file, name: work.item.name };
    if (keyOf(work) !== keyOfGiven(given, work.folderId)) return false;
    this.add({ files: [given], emptyFolders: [] }, work.folderId);
    return true;
  }

  pause(id: string): void {
    const work = this.#works.get(id);
    if (work === undefined || !isMoving(work.item)) return;
    this.#change(work, { state: "paused" });
    work.abort?.abort(new Error("paused"));
    this.#begin();
  }

  pauseAll(): void {
    for (const id of this.#idsOf("waiting")) this.pause(id);
    for (const id of this.#idsOf("sending")) this.pause(id);
  }

  /**
   * Goes on with what is paused or failed, and with what is interrupted where the browser has the file still.
   * @returns false where it has not, or where the file has changed: it is to be chosen again
   */
  async resume(id: string): Promise<boolean> {
    const work = this.#works.get(id);
    if (work === undefined) return true;
    if (work.given === undefined) {
      const file = await readAgain(work.kept);
      // The person was asked meanwhile, and may have done something else.
      if (this.#works.get(id) !== work) return true;
      if (file === undefined) return this.#askForFile(work);
      work.given ??= { file, name: work.item.name };
    }
    if (isMoving(work.item)) return true;
    this.#change(work, { state: "waiting" });
    this.#begin();
    return true;
  }

  #askForFile(work: Work): boolean {
    if (work.given !== undefined || work.kept === undefined) return true;
    const { handle: _handle, ...kept } = work.kept;
    work.kept = kept;
    this.#change(work, { state: "interrupted" });
    return false;
  }

  resumeAll(): void {
    for (const id of this.#idsOf("paused", "failed")) void this.resume(id);
  }

  /** Gives an upload up, and what it has reserved on the coordinator. */
  async cancel(id: string): Promise<void> {
    const work = this.#works.get(id);
    if (work === undefined) return;
    this.#works.delete(id);
    this.#waiting.delete(work);
    this.#tell();
    work.abort?.abort(CANCELLED);
    const sessionId = work.kept?.sessionId;
    if (sessionId !== undefined && work.item.state !== "done") {
      await this.#deps.kept.remove(sessionId);
      const { abortUpload } = await import("@commonhold/client/upload-session.ts");
      await abortUpload(this.#deps.transport, sessionId).catch(() => undefined);
    }
    this.#begin();
  }

  /** Gives up all that is not done. */
  cancelAll(): void {
    for (const state of ["waiting", "paused", "failed", "interrupted", "sending"] as const) {
      for (const id of this.#idsOf(state)) void this.cancel(id);
    }
  }

  /** Takes what is done from the list. */
  clearDone(): void {
    for (const id of this.#idsOf("done")) this.#works.delete(id);
    this.#tell();
  }

  /** Stops everything and forgets it here: somebody else may sign in. */
  forget(): void {
    for (const work of this.#works.values()) work.abort?.abort(new Error("signed out"));
    this.#works.clear();
    this.#waiting.clear();
    this.#paths.clear();
    this.#tell();
  }

  #idsOf(...states: readonly UploadItem["state"][]): readonly string[] {
    return [...this.#works.values()].filter(({ item }) => states.includes(item.state)).map(({ item }) => item.id);
  }

  #insert(state: "waiting" | "interrupted", rest: Pick<Work, "given" | "kept" | "folderId">): void {
    const name = rest.given?.name ?? rest.kept?.name ?? "";
    const sealed = rest.given?.sealed;
    const sizeBytes = sealed?.source.sizeBytes ?? rest.given?.file.size ?? rest.kept?.sizeBytes ?? 0;
    const id = `upload-${this.#nextId++}`;
    const canContinueAlone = rest.given !== undefined || rest.kept?.handle !== undefined;
    const isSmall = rest.kept === undefined && sealed === undefined && sizeBytes <= ONE_REQUEST_BYTES_MAX;
    const work: Work = {
      ...rest,
      load: isSmall ? LOAD_OF_SMALL : LOAD_OF_LARGE,
      key: uuidV7(pageClock.nowMs(), pageRandom.bytes(10)),
      item: { id, name, sizeBytes, state, doneBytes: 0, canContinueAlone },
    };
    this.#works.set(id, work);
    if (state === "waiting") this.#waiting.add(work);
    this.#tell();
  }

  /** What waits while nobody is there would fail, one after the other. */
  #begin(): void {
    if (this.#deps.connection.isAway()) return;
    for (const work of this.#waiting) {
      if (this.#load + work.load > LOAD_MAX) return;
      this.#waiting.delete(work);
      void this.#send(work);
    }
  }

  async #send(work: Work): Promise<void> {
    const { given } = work;
    if (given === undefined) return;
    const abort = new AbortController();
    work.abort = abort;
    if (this.#load === 0) this.#rate = createTransferRate();
    this.#load += work.load;
    this.#change(work, { state: "sending" });
    const isMine = () => work.abort === abort && !abort.signal.aborted;
    try {
      const { version = 1, file_id: fileId } = await this.#upload(work, given, abort.signal);
      if (!isMine()) return;
      await given.sealed?.onStored(fileId);
      if (work.kept === undefined) this.#sentBytes += work.item.sizeBytes;
      else await this.#deps.kept.remove(work.kept.sessionId);
      this.#change(work, { state: "done", doneBytes: work.item.sizeBytes, version });
      this.#tellStored();
    } catch (error) {
      const isAway = hasCode(error, "COORDINATOR_UNREACHABLE") && this.#deps.connection.isAway();
      if (isMine()) this.#change(work, { state: isAway ? "waiting" : "failed", error: asAppError(error) });
    } finally {
      this.#load -= work.load;
      this.#begin();
    }
  }

  async #upload(work: Work, given: GivenFile, signal: AbortSignal) {
    const rate = createTransferRate();
    const { folder, leaf } = splitPath(given.name);
    let release: (() => void) | undefined;
    let reported: number | undefined;
    try {
      const folderId = await this.#paths.idOf(work.folderId, folder);
      // Most visits send nothing.
      const { sendFile } = await import("./send-file.ts");
      signal.throwIfAborted();
      const sealed = given.sealed === undefined ? {} : { sealed: given.sealed.source };
      const wanted = { file: given.file, folderId, name: leaf, key: work.key, ...sealed };
      return await sendFile(
        this.#deps.transport,
        work.kept === undefined ? wanted : { ...wanted, sessionId: work.kept.sessionId },
        {
          signal,
          onSession: async (sessionId) => {
            release = holdUpload(sessionId);
            await this.#keep(work, given, sessionId);
          },
          onProgress: (doneBytes) => {
            if (signal.aborted) return;
            // The first report is of what an earlier page has sent.
            this.#sentBytes += doneBytes - (reported ?? doneBytes);
            reported = doneBytes;
            const measured = rate.report(doneBytes, pageClock.monotonicMs());
            this.#change(work, { state: "sending", doneBytes, ...(measured === undefined ? {} : { rate: measured }) });
          },
          onRetry: (error) => {
            if (!signal.aborted) this.#change(work, { state: "sending", error });
          },
        },
      );
    } catch (error) {
      this.#paths.forgetIfGone(error, work.folderId, folder);
      throw error;
    } finally {
      release?.();
    }
  }

  /** One after the other: they are few, and nobody waits for them. */
  async #makeFolders(paths: readonly string[], folderId: FolderPlace): Promise<void> {
    for (const path of paths) await this.#paths.idOf(folderId, path).catch(() => undefined);
    if (paths.length > 0) this.#tellStored();
  }

  async #keep(work: Work, { file, name, handle, sealed }: GivenFile, sessionId: string): Promise<void> {
    const old = work.kept?.sessionId;
    work.kept = {
      sessionId,
      userId: this.#deps.userId() ?? "",
      folderId: work.folderId,
      name,
      sizeBytes: file.size,
      modifiedAtMs: file.lastModified,
      ...(handle === undefined ? {} : { handle }),
    };
    if (old !== undefined && old !== sessionId) await this.#deps.kept.remove(old);
    if (sealed === undefined) await this.#deps.kept.put(work.kept);
    if (work.abort?.signal.reason === CANCELLED) await this.#deps.kept.remove(sessionId);
  }

  /** What is not said is forgotten: a speed or a failure holds for one state only. */
  #change(work: Work, fields: Partial<UploadItem> & Pick<UploadItem, "state">): void {
    const { rate: _rate, error: _error, ...rest } = work.item;
    work.item = { ...rest, ...fields, canContinueAlone: work.given !== undefined || work.kept?.handle !== undefined };
    if (work.item.state === "waiting") this.#waiting.add(work);
    else this.#waiting.delete(work);
    this.#tell();
  }
}

/** Whether a file that is given again is taken for this upload. */
function canContinue({ item, given }: Work): boolean {
  return item.state === "interrupted" || (item.state === "failed" && given !== undefined && given.sealed === undefined);
}

function keyOf({ item, given, kept, folderId }: Work): string {
  return [folderId, item.name, item.sizeBytes, kept?.modifiedAtMs ?? given?.file.lastModified].join("\n");
}

function keyOfGiven({ file, name }: GivenFile, folderId: FolderPlace): string {
  return [folderId, name, file.size, file.lastModified].join("\n");
}

type AskedHandle = FileSystemFileHandle & { requestPermission?(options: { mode: "read" }): Promise<PermissionState> };

/** The file of an earlier page, where the browser and the person give it. */
async function readAgain(kept: KeptUpload | undefined): Promise<File | undefined> {
  const handle: AskedHandle | undefined = kept?.handle;
  try {
    if (handle === undefined || (await handle.requestPermission?.({ mode: "read" })) !== "granted") return undefined;
    const file = await handle.getFile();
    return file.size === kept?.sizeBytes && file.lastModified === kept.modifiedAtMs ? file : undefined;
  } catch {
    return undefined;
  }
}

function asAppError(error: unknown): AppError {
  return error instanceof AppError ? error : new AppError("INTERNAL", String(error), { cause: error });
}
