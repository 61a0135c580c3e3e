import type { FolderPlace } from "./folder-paths.ts";

/** An upload that a later page can continue. */
export interface KeptUpload {
  readonly sessionId: string;
  readonly userId: string;
  /** The folder in which the name, a path, begins; null is the root. */
  readonly folderId: FolderPlace;
  readonly name: string;
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
  /** Where the browser gives one: the file can be read again after a question to the person. */
  readonly handle?: FileSystemFileHandle;
}

/** Uploads under way, in the browser's own database, so that they outlive the page. Its failures cost only that. */
export interface KeptUploads {
  list(userId: string): Promise<readonly KeptUpload[]>;
  put(upload: KeptUpload): Promise<void>;
  remove(sessionId: string): Promise<void>;
}

const STORE = "uploads";

export function createKeptUploads(): KeptUploads {
  let opened: Promise<IDBDatabase> | undefined;
  const open = () => (opened ??= openDatabase());
  const attempt = async <T, R extends T>(
    otherwise: T,
    run: (store: IDBObjectStore) => IDBRequest<R>,
    mode: IDBTransactionMode,
  ): Promise<T> => {
    try {
      const database = await open();
      return await requested(run(database.transaction(STORE, mode).objectStore(STORE)));
    } catch {
      return otherwise;
    }
  };
  return {
    list: async (userId) => {
      const all = await attempt<KeptUpload[], KeptUpload[]>(
        [],
        (store) => store.getAll() as IDBRequest<KeptUpload[]>,
        "readonly",
      );
      // Those of before there were folders begin in the root.
      return all
        .filter((upload) => upload.userId === userId)
        .map((upload) => ({ ...upload, folderId: upload.folderId ?? null }));
    },
    put: async (upload) => {
      await attempt<unknown, IDBValidKey>(undefined, (store) => store.put(upload), "readwrite");
    },
    remove: async (sessionId) => {
      await attempt<unknown, undefined>(undefined, (store) => store.delete(sessionId), "readwrite");
    },
  };
}

function openDatabase(): Promise<IDBDatabase> {
  const request = indexedDB.open("commonhold", 1);
  request.addEventListener("upgradeneeded", () => request.result.createObjectStore(STORE, { keyPath: "sessionId" }));
  return requested(request);
}

function requested<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("the browser's database failed")));
  });
}
