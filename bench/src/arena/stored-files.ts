import type { RandomBodies, RandomBody } from "../data/random-body.ts";
import type { FileClient } from "../http/file-client.ts";

export interface StoredFile {
  readonly id: string;
  readonly body: RandomBody;
}

/** What one side, ours or the floor, holds: cases upload into it, and later cases read what is there already. */
export class StoredFiles {
  readonly client: FileClient;
  readonly #bodies: RandomBodies;
  readonly #bySize = new Map<number, StoredFile[]>();
  #named = 0;

  constructor(client: FileClient, bodies: RandomBodies) {
    this.client = client;
    this.#bodies = bodies;
  }

  /** Uploads a new file, of bytes that were never sent before. */
  async upload(sizeBytes: number): Promise<StoredFile> {
    const body = this.#bodies.next(sizeBytes);
    const id = await this.client.upload(`bench-${(this.#named += 1)}.bin`, body);
    const file = { id, body };
    const files = this.#bySize.get(sizeBytes);
    if (files === undefined) this.#bySize.set(sizeBytes, [file]);
    else files.push(file);
    return file;
  }

  /** So many different files of a size; those that are not there yet are uploaded. */
  async atLeast(count: number, sizeBytes: number): Promise<readonly StoredFile[]> {
    while ((this.#bySize.get(sizeBytes)?.length ?? 0) < count) await this.upload(sizeBytes);
    return (this.#bySize.get(sizeBytes) ?? []).slice(0, count);
  }

  /** Reads a file and fails unless every byte of it came. */
  async download({ id, body }: StoredFile): Promise<void> {
    const { bytes } = await this.client.download(id);
    if (bytes !== body.sizeBytes) throw new Error(`${bytes} bytes came of a file of ${body.sizeBytes}`);
  }

  /** Reads a file and fails unless its SHA-256 is that of what was uploaded. */
  async verify({ id, body }: StoredFile): Promise<void> {
    const { digest } = await this.client.download(id, { hash: true });
    if (digest !== body.digest()) throw new Error(`a file of ${body.sizeBytes} bytes came back changed`);
  }
}
