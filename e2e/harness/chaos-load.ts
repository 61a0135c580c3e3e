import { createHash, randomBytes, randomInt } from "node:crypto";
import type { TestNetwork } from "./test-network.ts";

export interface LoadOptions {
  /** Bytes of files in all; then uploads end and the rest goes on. */
  readonly bytes: number;
  readonly uploaders: number;
  readonly fileBytesMax: number;
  /** Of a hundred files, so many are deleted some time after their upload. */
  readonly deletedPerHundred: number;
}

interface StoredFile {
  readonly id: string;
  readonly sizeBytes: number;
  /** SHA-256, hex. */
  readonly digest: string;
}

/** People who store, fetch and delete files all the time, whatever happens to the network meanwhile. */
export class ChaosLoad {
  readonly #network: TestNetwork;
  readonly #options: LoadOptions;
  readonly #kept = new Map<string, StoredFile>();
  readonly #deleted = new Set<string>();
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>[];
  #begunBytes = 0;
  #acknowledgedBytes = 0;
  #refusals = 0;
  #reads = 0;
  #isAway = false;
  #absences = 0;
  readonly #troubles: string[] = [];

  constructor(network: TestNetwork, options: LoadOptions) {
    this.#network = network;
    this.#options = options;
    const uploaders = Array.from({ length: options.uploaders }, () => this.#repeat(() => this.#upload()));
    this.#running = [...uploaders, this.#repeat(() => this.#readOne()), this.#repeat(() => this.#deleteOne())];
  }

  get acknowledgedBytes(): number {
    return this.#acknowledgedBytes;
  }

  get files(): number {
    return this.#kept.size;
  }

  get reads(): number {
    return this.#reads;
  }

  /** Uploads that were refused or cut; nobody promised anything of them. */
  get refusals(): number {
    return this.#refusals;
  }

  /** Files that could not be read, or came back changed. */
  get troubles(): readonly string[] {
    return this.#troubles;
  }

  get deletedIds(): readonly string[] {
    return [...this.#deleted];
  }

  /** While the coordinator is away nobody wonders that nothing can be read. */
  async duringAbsence(work: () => Promise<void>): Promise<void> {
    this.#isAway = true;
    this.#absences += 1;
    await work();
    this.#isAway = false;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#running);
  }

  /** Reads every file that was acknowledged and not deleted. @returns what is wrong, one line a file */
  async verify(): Promise<readonly string[]> {
    const wrong: string[] = [];
    for (const file of this.#kept.values()) {
      const problem = await this.#check(file);
      if (problem !== undefined) wrong.push(problem);
    }
    return wrong;
  }

  async #repeat(work: () => Promise<boolean>): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const didWork = await work();
      if (!didWork) await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async #upload(): Promise<boolean> {
    if (this.#begunBytes >= this.#options.bytes) return false;
    const sizeBytes = randomInt(2) === 0 ? randomInt(1, 60_000) : randomInt(60_000, this.#options.fileBytesMax);
    this.#begunBytes += sizeBytes;
    const bytes = randomBytes(sizeBytes);
    const digest = createHash("sha256").update(bytes).digest("hex");
    try {
      const answer = await this.#network.call(`/api/v1/files?filename=chaos-${digest.slice(0, 12)}`, {
        method: "POST",
        body: bytes,
      });
      if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
      const { file_id: id } = (await answer.json()) as { file_id: string };
      this.#kept.set(id, { id, sizeBytes, digest });
      this.#acknowledgedBytes += sizeBytes;
    } catch {
      this.#refusals += 1;
      this.#begunBytes -= sizeBytes;
      return false;
    }
    return true;
  }

  async #readOne(): Promise<boolean> {
    const file = this.#pick();
    if (file === undefined) return false;
    const absences = this.#absences;
    const problem = await this.#check(file);
    // Whoever reads one after another without a pause keeps the machine busy, and nobody learns more by it.
    if (problem === undefined) return false;
    const wasAway = this.#isAway || absences !== this.#absences;
    if (this.#kept.has(file.id) && !wasAway) this.#troubles.push(problem);
    return false;
  }

  async #deleteOne(): Promise<boolean> {
    const file = randomInt(100) < this.#options.deletedPerHundred ? this.#pick() : undefined;
    if (file === undefined || this.#kept.size < 10) return false;
    this.#kept.delete(file.id);
    try {
      const answer = await this.#network.call(`/api/v1/files/${file.id}`, { method: "DELETE" });
      if (!answer.ok) throw new Error(`${answer.status}`);
      this.#deleted.add(file.id);
    } catch {
      // Whether it was deleted nobody knows: nothing is expected of it any more.
    }
    return false;
  }

  #pick(): StoredFile | undefined {
    const files = [...this.#kept.values()];
    return files.length === 0 ? undefined : files[randomInt(files.length)];
  }

  async #check(file: StoredFile): Promise<string | undefined> {
    try {
      const answer = await this.#network.call(`/api/v1/files/${file.id}/download`);
      if (!answer.ok) return `${file.id} (${file.sizeBytes} bytes): ${answer.status} ${await answer.text()}`;
      const digest = createHash("sha256")
        .update(new Uint8Array(await answer.arrayBuffer()))
        .digest("hex");
      this.#reads += 1;
      return digest === file.digest ? undefined : `${file.id} (${file.sizeBytes} bytes) came back changed`;
    } catch (error) {
      return `${file.id} (${file.sizeBytes} bytes): ${String(error)}`;
    }
  }
}
