import { randomBytes } from "node:crypto";
import { type CommonholdClient, createCommonholdClient } from "../commonhold-client.ts";
import { type Credentials, createMemoryCredentialStore } from "../credentials.ts";
import type { FileSource } from "../file-source.ts";
import type { FakeCoordinator } from "./fake-coordinator.ts";

export const TEST_DEPS = {
  clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() },
  random: { bytes: (length: number) => new Uint8Array(randomBytes(length)), fraction: () => Math.random() },
};

/** Fast enough for tests, with the same shape. */
export const TEST_BACKOFF = { baseMs: 1, maxMs: 10 };

/** A client of the fake, logged in unless `credentials` is null. */
export async function createTestClient(
  fake: FakeCoordinator,
  options: { readonly credentials?: Credentials | null; readonly timeoutMs?: number } = {},
): Promise<CommonholdClient> {
  const credentials = createMemoryCredentialStore(options.credentials ?? undefined);
  const client = createCommonholdClient(
    { ...TEST_DEPS, credentials },
    { baseUrl: fake.url, backoff: TEST_BACKOFF, timeoutMs: options.timeoutMs ?? 5_000 },
  );
  if (options.credentials === undefined) {
    await client.accounts.register({ email: "ada@example.org", password: "a long password" });
  }
  return client;
}

export function memorySource(name: string, bytes: Uint8Array): FileSource {
  return { name, sizeBytes: bytes.length, slice: async (start, end) => new Uint8Array(bytes.subarray(start, end)) };
}

export function memorySink() {
  let held = new Uint8Array();
  return {
    bytes: () => held,
    truncations: [] as number[],
    async write(bytes: Uint8Array) {
      const next = new Uint8Array(held.length + bytes.length);
      next.set(held);
      next.set(bytes, held.length);
      held = next;
    },
    async truncate(length: number) {
      this.truncations.push(length);
      held = held.slice(0, length);
    },
  };
}

/** The AppError that `action` ends with. */
export async function failureOf(action: Promise<unknown>): Promise<Error & { code?: string }> {
  try {
    await action;
  } catch (error) {
    return error as Error & { code?: string };
  }
  throw new Error("it did not fail");
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
