import type { HttpTransport } from "@commonhold/client/http-transport.ts";
import { uploadFile } from "@commonhold/client/upload-file.ts";
import { abortUpload } from "@commonhold/client/upload-session.ts";
import { AppError } from "@commonhold/core/app-error.ts";
import { pageClock, pageRandom } from "../session/page-clock.ts";
import { browserFileSource } from "./browser-file-source.ts";
import type { GivenFile } from "./dropped-files.ts";
import type { KeptUpload, KeptUploads } from "./kept-uploads.ts";
import { createTransferRate } from "./transfer-rate.ts";
import type { UploadItem } from "./upload-item.ts";
import { holdUpload, isHeldElsewhere } from "./upload-locks.ts";

const FILES_AT_ONCE = 2;
/** Of each file: three chunks of at most 4 MiB are in memory. */
const CHUNKS_AT_ONCE = 3;

export interface UploadQueueDeps {
  readonly transport: HttpTransport;
  readonly kept: KeptUploads;
  readonly userId: () => string | undefined;
  readonly onStored: (item: UploadItem) => void;
}

interface Work {
  item: UploadItem;
  given?: GivenFile;
  kept?: KeptUpload;
  abort?: AbortController;
}

/** The uploads of this page: two files at a time, each in chunks, that can be paused, resumed and retried. */
export class UploadQueue {
  readonly #deps: UploadQueueDeps;
  readonly #works = new Map<string, Work>();
  readonly #listeners = new Set<() => void>();
  #snapshot: readonly UploadItem[] = [];
  #nextId = 1;

  constructor(deps: UploadQueueDeps) {
    this.#deps = deps;
  }

  readonly items = (): readonly UploadItem[] => this.#snapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Takes files in. One that an interrupted upload waits for continues that. */
  add(files: readonly GivenFile[]): void {
    for (const given of files) {
      const waiting = [...this.#works.values()].find((work) => isSameFile(work, given));
      if (waiting === undefined)
        this.#insert({ name: given.name, sizeBytes: given.file.size, state: "waiting" }, { given });
      else {
        waiting.given = given;
        this.#change(waiting, { state: "waiting" });
      }
    }
    this.#begin();
  }

  /** Shows what earlier pages left behind. */
  async recall(): Promise<void> {
    const userId = this.#deps.userId();
    if (userId === undefined) return;
    for (const kept of await this.#deps.kept.list(userId)) {
      const isKnown = [...this.#works.values()].some((work) => work.kept?.sessionId === kept.sessionId);
      if (isKnown || (await isHeldElsewhere(kept.sessionId))) continue;
      this.#insert({ name: kept.name, sizeBytes: kept.sizeBytes, state: "interrupted" }, { kept });
    }
  }

  /** The file that an interrupted upload waits for. @returns false where it is another one, or has changed since */
  provide(id: string, file: File): boolean {
    const work = this.#works.get(id);
    if (work === undefined || !isSameFile(work, { file, name: work.item.name })) return false;
    this.add([{ file, name: work.item.name }]);
    return true;
  }

  pause(id: string): void {
    const work = this.#works.get(id);
    if (work === undefined || (work.item.state !== "sending" && work.item.state !== "waiting")) return;
    this.#change(work, { state: "paused" });
    work.abort?.abort(new Error("paused"));
    this.#begin();
  }

  /** Goes on with what is paused or failed, and with what is interrupted where the browser has the file still. */
  async resume(id: string): Promise<void> {
    const work = this.#works.get(id);
    if (work === undefined) return;
    if (work.given === undefined) {
      const file = await readAgain(work.kept);
      if (file === undefined) return;
      work.given = { file, name: work.item.name };
    }
    this.#change(work, { state: "waiting" });
    this.#begin();
  }

  /** Gives an upload up, and what it has reserved on the coordinator. */
  async cancel(id: string): Promise<void> {
    const work = this.#works.get(id);
    if (work === undefined) return;
    this.#works.delete(id);
    this.#publish();
    work.abort?.abort(new Error("cancelled"));
    const sessionId = work.kept?.sessionId;
    if (sessionId !== undefined && work.item.state !== "done") {
      await this.#deps.kept.remove(sessionId);
      await abortUpload(this.#deps.transport, sessionId).catch(() => undefined);
    }
    this.#begin();
  }

  /** Takes what is done from the list. */
  clearDone(): void {
    for (const [id, { item }] of this.#works) if (item.state === "done") this.#works.delete(id);
    this.#publish();
  }

  /** Stops everything and forgets it here: somebody else may sign in. */
  forget(): void {
    for (const work of this.#works.values()) work.abort?.abort(new Error("signed out"));
    this.#works.clear();
    this.#publish();
  }

  #insert(fields: Pick<UploadItem, "name" | "sizeBytes" | "state">, rest: Omit<Work, "item">): void {
    const id = `upload-${this.#nextId++}`;
    const canContinueAlone = rest.given !== undefined || rest.kept?.handle !== undefined;
    this.#works.set(id, { item: { ...fields, id, doneBytes: 0, canContinueAlone }, ...rest });
    this.#publish();
  }

  #begin(): void {
    const works = [...this.#works.values()];
    const free = FILES_AT_ONCE - works.filter((work) => work.item.state === "sending").length;
    for (const work of works.filter(({ item }) => item.state === "waiting").slice(0, Math.max(0, free))) {
      void this.#send(work);
    }
  }

  async #send(work: Work): Promise<void> {
    const { given } = work;
    if (given === undefined) return;
    const abort = new AbortController();
    work.abort = abort;
    this.#change(work, { state: "sending" });
    const isMine = () => work.abort === abort && !abort.signal.aborted;
    try {
      const file = await this.#upload(work, given, abort.signal);
      if (!isMine()) return;
      if (work.kept !== undefined) await this.#deps.kept.remove(work.kept.sessionId);
      this.#change(work, { state: "done", doneBytes: work.item.sizeBytes, fileId: file.file_id });
      this.#deps.onStored(work.item);
    } catch (error) {
      if (isMine()) this.#change(work, { state: "failed", error: asAppError(error) });
    } finally {
      this.#begin();
    }
  }

  async #upload(work: Work, given: GivenFile, signal: AbortSignal) {
    const rate = createTransferRate();
    let release: (() => void) | undefined;
    try {
      return await uploadFile(
        { transport: this.#deps.transport, clock: pageClock, random: pageRandom },
        browserFileSource(given.file, given.name),
        {
          signal,
          parallelMax: CHUNKS_AT_ONCE,
          ...(given.file.type === "" ? {} : { contentType: given.file.type }),
          ...(work.kept === undefined ? {} : { resumeSessionId: work.kept.sessionId }),
          onSession: async ({ session_id: sessionId }) => {
            release = holdUpload(sessionId);
            await this.#keep(work, given, sessionId);
          },
          onProgress: ({ doneBytes }) => {
            if (signal.aborted) return;
            const measured = rate.report(doneBytes, pageClock.monotonicMs());
            this.#change(work, { state: "sending", doneBytes, ...(measured === undefined ? {} : { rate: measured }) });
          },
          onRetry: (error) => {
            if (!signal.aborted) this.#change(work, { state: "sending", error });
          },
        },
      );
    } finally {
      release?.();
    }
  }

  async #keep(work: Work, { file, name, handle }: GivenFile, sessionId: string): Promise<void> {
    const old = work.kept?.sessionId;
    work.kept = {
      sessionId,
      userId: this.#deps.userId() ?? "",
      name,
      sizeBytes: file.size,
      modifiedAtMs: file.lastModified,
      ...(handle === undefined ? {} : { handle }),
    };
    if (old !== undefined && old !== sessionId) await this.#deps.kept.remove(old);
    await this.#deps.kept.put(work.kept);
  }

  /** What is not said is forgotten: a speed or a failure holds for one state only. */
  #change(work: Work, fields: Partial<UploadItem> & Pick<UploadItem, "state">): void {
    const { rate: _rate, error: _error, ...rest } = work.item;
    work.item = { ...rest, ...fields, canContinueAlone: work.given !== undefined || work.kept?.handle !== undefined };
    this.#publish();
  }

  #publish(): void {
    this.#snapshot = [...this.#works.values()].map(({ item }) => item);
    for (const listener of this.#listeners) listener();
  }
}

function isSameFile({ item, given, kept }: Work, candidate: GivenFile): boolean {
  const isWaiting = item.state === "interrupted" || (item.state === "failed" && given !== undefined);
  const modifiedAtMs = kept?.modifiedAtMs ?? given?.file.lastModified;
  const { file, name } = candidate;
  return isWaiting && item.name === name && item.sizeBytes === file.size && modifiedAtMs === file.lastModified;
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
