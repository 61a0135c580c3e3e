import type { AppendedFile, ChunkFiles, NewFile, ReadableFile } from "../chunk-store/chunk-files.ts";

/** Which calls fail, and what was called. */
class FailurePlan {
  readonly calls: string[] = [];
  readonly #code: string;
  #from = Number.POSITIVE_INFINITY;
  #until = Number.POSITIVE_INFINITY;

  constructor(code: string) {
    this.#code = code;
  }

  /** Counts anew and lets call number `from` (1 is the next) fail, and those up to `until`. */
  failAt(from: number, until = from): void {
    this.calls.length = 0;
    this.#from = from;
    this.#until = until;
  }

  /** Notes a call; answers its error if it is to fail. */
  failureOf(method: string): Error | undefined {
    this.calls.push(method);
    if (this.calls.length < this.#from || this.calls.length > this.#until) return undefined;
    return Object.assign(new Error(`${this.#code}: ${method} failed on purpose`), { code: this.#code });
  }

  check(method: string): void {
    const failure = this.failureOf(method);
    if (failure !== undefined) throw failure;
  }
}

export interface FailingChunkFiles extends ChunkFiles {
  /** Calls so far since the last `failAt`, by method. */
  readonly calls: readonly string[];
  /** Counts anew and lets call number `from` (1 is the next) fail, and those up to `until` (only that one). */
  failAt(from: number, until?: number): void;
}

/** Passes every call on, but those that shall fail; a failing write leaves half of its bytes behind. */
export function createFailingChunkFiles(inner: ChunkFiles, code = "EIO"): FailingChunkFiles {
  const plan = new FailurePlan(code);
  async function passed<T>(method: string, call: () => Promise<T>): Promise<T> {
    plan.check(method);
    return await call();
  }
  return {
    calls: plan.calls,
    failAt: (from, until) => plan.failAt(from, until),
    create: (path) => passed("create", async () => failingFile(await inner.create(path), plan)),
    openAppending: (path) => passed("openAppending", async () => failingAppend(await inner.openAppending(path), plan)),
    openReading: (path) => passed("openReading", async () => failingReads(await inner.openReading(path), plan)),
    overwrite: (path, offset, bytes) => passed("overwrite", () => inner.overwrite(path, offset, bytes)),
    rename: (from, to) => passed("rename", () => inner.rename(from, to)),
    remove: (path) => passed("remove", () => inner.remove(path)),
    makeFolder: (path) => passed("makeFolder", () => inner.makeFolder(path)),
    removeEmptyFolder: (path) => passed("removeEmptyFolder", () => inner.removeEmptyFolder(path)),
    syncFolder: (path) => passed("syncFolder", () => inner.syncFolder(path)),
    read: (path, target) => passed("read", () => inner.read(path, target)),
    facts: (path) => passed("facts", () => inner.facts(path)),
    freeBytes: (path) => passed("freeBytes", () => inner.freeBytes(path)),
    async *entries(path) {
      plan.check("entries");
      yield* inner.entries(path);
    },
  };
}

function failingFile(file: NewFile, plan: FailurePlan): NewFile {
  return {
    async write(bytes) {
      const failure = plan.failureOf("write");
      await file.write(failure === undefined ? bytes : bytes.subarray(0, bytes.length / 2));
      if (failure !== undefined) throw failure;
    },
    async sync() {
      plan.check("sync");
      await file.sync();
    },
    async close() {
      // A failing close frees the descriptor all the same.
      await file.close();
      plan.check("close");
    },
  };
}

function failingAppend(file: AppendedFile, plan: FailurePlan): AppendedFile {
  return {
    ...failingFile(file, plan),
    async truncate(lengthBytes) {
      plan.check("truncate");
      await file.truncate(lengthBytes);
    },
  };
}

function failingReads(file: ReadableFile | undefined, plan: FailurePlan): ReadableFile | undefined {
  return (
    file && {
      async read(offset, target) {
        plan.check("readAt");
        return await file.read(offset, target);
      },
      close: () => file.close(),
    }
  );
}
