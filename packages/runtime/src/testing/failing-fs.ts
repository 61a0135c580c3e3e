import type * as fs from "node:fs/promises";

type FileSystem = typeof fs;
/** Calls that may fail; reading the file's own facts never does. */
const CALLS = ["open", "rename", "rm", "unlink", "link", "mkdir", "readdir", "readFile", "stat"] as const;
const HANDLE_CALLS = ["sync", "close", "write", "writeFile", "readFile"] as const;

/** For tests: which calls to the file system fail. */
export class FileSystemFaults {
  /** Calls since `failAt`, by name. */
  readonly calls: string[] = [];
  #from = Number.POSITIVE_INFINITY;
  #until = Number.POSITIVE_INFINITY;
  #code = "EIO";

  /** Counts anew, and lets call number `from` (1 is the next) fail, and those up to `until`. */
  failAt(from: number, until = from, code = "EIO"): void {
    this.calls.length = 0;
    this.#from = from;
    this.#until = until;
    this.#code = code;
  }

  stop(): void {
    this.failAt(Number.POSITIVE_INFINITY);
  }

  /** Notes a call; its error where it is to fail. */
  failureOf(call: string): Error | undefined {
    this.calls.push(call);
    if (this.calls.length < this.#from || this.calls.length > this.#until) return undefined;
    return Object.assign(new Error(`${this.#code}: ${call} failed on purpose`), { code: this.#code });
  }
}

/** For tests: `node:fs/promises` whose calls fail as `faults` say. A failing write leaves half of its bytes behind. */
export function createFailingFileSystem(real: FileSystem, faults: FileSystemFaults): FileSystem {
  const failing: Record<string, unknown> = { ...real };
  for (const name of CALLS) {
    const call = real[name] as (...args: unknown[]) => Promise<unknown>;
    failing[name] = async (...args: unknown[]) => {
      const failure = faults.failureOf(name);
      if (failure !== undefined) throw failure;
      const result = await call(...args);
      return name === "open" ? failingHandle(result as fs.FileHandle, faults) : result;
    };
  }
  return failing as unknown as FileSystem;
}

function failingHandle(handle: fs.FileHandle, faults: FileSystemFaults): fs.FileHandle {
  return new Proxy(handle, {
    get: (target, property) => {
      const value: unknown = Reflect.get(target, property);
      if (typeof value !== "function") return value;
      const call = (value as (...args: unknown[]) => Promise<unknown>).bind(target);
      const name = HANDLE_CALLS.find((known) => known === property);
      if (name === undefined) return call;
      return async (...args: unknown[]) => {
        const failure = faults.failureOf(name);
        if (failure === undefined) return await call(...args);
        // A failing close frees the descriptor all the same.
        if (name === "close") await call();
        if (name === "writeFile" || name === "write") await call(halfOf(args[0]));
        throw failure;
      };
    },
  });
}

function halfOf(content: unknown): unknown {
  if (typeof content === "string") return content.slice(0, content.length / 2);
  return content instanceof Uint8Array ? content.subarray(0, content.length / 2) : content;
}
