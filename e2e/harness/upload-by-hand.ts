import { setTimeout as sleep } from "node:timers/promises";
import { randomBytes } from "node:crypto";
import type { TestNetwork } from "./test-network.ts";

/** What may pass does so within seconds. */
const ATTEMPTS_MAX = 10;

interface Session {
  readonly session_id: string;
  readonly file_id: string;
  readonly chunk_size: number;
  readonly chunk_count: number;
}

/** A refusal of the coordinator, as distinct from a connection that broke. */
export class Refusal extends Error {
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(`${status} ${code}: ${message}`);
    this.code = code;
  }
}

/** An upload of random bytes, call by call, without a client that tries again; it remembers what was acknowledged. */
export class UploadByHand {
  readonly name: string;
  readonly bytes: Uint8Array;
  session: Session | undefined;
  /** Indices of chunks that the coordinator answered for. */
  readonly acknowledged = new Set<number>();
  /** Set when the whole upload was answered for. */
  fileId: string | undefined;
  readonly #network: TestNetwork;

  constructor(network: TestNetwork, name: string, sizeBytes: number) {
    this.#network = network;
    this.name = name;
    this.bytes = new Uint8Array(randomBytes(sizeBytes));
  }

  /** Initiate, chunks all at once, complete. Rejects when the coordinator dies. */
  async inSteps(): Promise<void> {
    const { chunk_count: length } = await this.begin();
    await this.sendChunks(Array.from({ length }, (_, index) => index));
    await this.#complete();
  }

  async begin(): Promise<Session> {
    const body = JSON.stringify({ filename: this.name, size_bytes: this.bytes.byteLength });
    this.session = (await this.#call("/upload/initiate", { method: "POST", body })) as Session;
    return this.session;
  }

  /** Rejects when the coordinator dies. */
  async inOneStep(): Promise<void> {
    const answer = await this.#call(`?filename=${this.name}`, { method: "POST", body: this.bytes });
    this.fileId = (answer as { file_id: string }).file_id;
  }

  /** The indices that the coordinator lacks. */
  async missing(): Promise<readonly number[]> {
    const progress = (await this.#call(`/upload/${this.#open().session_id}`)) as { missing: readonly number[] };
    return progress.missing;
  }

  /** Sends what is missing and completes; again where too few nodes can take it at the moment, as clients do. */
  async resume(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.sendChunks(await this.missing());
        break;
      } catch (error) {
        const mayPass = error instanceof Refusal && error.code === "NOT_ENOUGH_NODES";
        if (!mayPass || attempt === ATTEMPTS_MAX) throw error;
        await sleep(1000);
      }
    }
    await this.#complete();
  }

  async abort(): Promise<void> {
    await this.#call(`/upload/${this.#open().session_id}`, { method: "DELETE" });
  }

  async download(): Promise<Uint8Array> {
    const answer = await this.#network.call(`/api/v1/files/${this.fileId}/download`);
    if (!answer.ok) throw await refusalOf(answer);
    return new Uint8Array(await answer.arrayBuffer());
  }

  async sendChunks(indices: readonly number[]): Promise<void> {
    const { session_id, chunk_size } = this.#open();
    const sent = indices.map(async (index) => {
      const body = this.bytes.subarray(index * chunk_size, (index + 1) * chunk_size);
      await this.#call(`/upload/${session_id}/chunk?index=${index}`, { method: "PUT", body });
      this.acknowledged.add(index);
    });
    const outcomes = await Promise.allSettled(sent);
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  }

  async #complete(): Promise<void> {
    const answer = await this.#call(`/upload/${this.#open().session_id}/complete`, { method: "POST" });
    this.fileId = (answer as { file_id: string }).file_id;
  }

  #open(): Session {
    if (this.session === undefined) throw new Error(`${this.name} has no session`);
    return this.session;
  }

  async #call(path: string, init: RequestInit = {}): Promise<unknown> {
    const answer = await this.#network.call(`/api/v1/files${path}`, init);
    if (!answer.ok) throw await refusalOf(answer);
    return answer.status === 204 ? undefined : answer.json();
  }
}

async function refusalOf(answer: Response): Promise<Refusal> {
  const { error } = (await answer.json()) as { error: { code: string; message: string } };
  return new Refusal(answer.status, error.code, error.message);
}
