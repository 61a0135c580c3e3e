import type { ChunkProof } from "@commonhold/core/audit/audit-answer.ts";
import { LOSS_REASONS } from "@commonhold/core/audit/audit-answer.ts";
import { AUDIT_CHUNKS_MAX, AUDIT_DIFFICULTY_MAX, AUDIT_LEAVES_MAX } from "@commonhold/core/audit/audit-question.ts";
import { AppError } from "@commonhold/core/app-error.ts";
import type { ByteStream } from "@commonhold/core/byte-stream.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { summariseInventory } from "@commonhold/core/repair/inventory-summary.ts";
import { fuzzRuns } from "@commonhold/core/testing/fuzz.ts";
import fc from "fast-check";
import { expect, it } from "vitest";
import { challengeNameOf } from "../challenge-name.ts";
import type { SignedGrant } from "../grant.ts";
import { createMemoryStreamPair } from "../memory-byte-stream.ts";
import { decodeInventorySummary, encodeInventorySummary } from "../inventory-summary-bytes.ts";
import { sampleGrant, sha256 } from "../testing/samples.ts";
import { requestDeleteChunk, serveDeleteChunk } from "./delete-chunk.ts";
import { requestInventory, serveInventory } from "./inventory.ts";
import { requestProofChallenge, serveProofChallenge } from "./proof-challenge.ts";
import { requestReplicateChunk, serveReplicateChunk } from "./replicate-chunk.ts";
import { requestRetrieveBatch, type RetrievedChunks, serveRetrieveBatch } from "./retrieve-batch.ts";
import { requestRetrieveChunk, serveRetrieveChunk } from "./retrieve-chunk.ts";
import { type BatchOutcomes, requestStoreBatch, serveStoreBatch } from "./store-batch.ts";
import { requestStoreChunk, serveStoreChunk } from "./store-chunk.ts";

const bytes = (minLength: number, maxLength = minLength) =>
  fc.uint8Array({ minLength, maxLength }).map((each) => Uint8Array.from(each));
const chunkName = bytes(32).map((name) => Buffer.from(name).toString("hex") as ChunkName);
const grant = fc
  .record({ grant: bytes(0, 1000), signature: bytes(0, 100) })
  .map((parts): SignedGrant => ({ ...sampleGrant(), ...parts }));
const text = (maxLength: number) => fc.string({ minLength: 1, maxLength, unit: "grapheme" });

/** Both sides at once; what the serving side was asked, and what the requesting side got. */
async function exchange<T>(
  request: (stream: ByteStream) => Promise<T>,
  serve: (stream: ByteStream, asked: unknown[]) => Promise<void>,
): Promise<{ readonly asked: readonly unknown[]; readonly answer: T }> {
  const [near, far] = createMemoryStreamPair();
  const asked: unknown[] = [];
  const [answer] = await Promise.all([request(near), serve(far, asked)]);
  return { asked, answer };
}

it("store-chunk carries claim, bytes and answer as they are", async () => {
  const request = fc.record({ grant, chunkName, sealed: bytes(1, 5000) });
  await fc.assert(
    fc.asyncProperty(request, fc.boolean(), async (sent, alreadyHeld) => {
      const { asked, answer } = await exchange(
        (stream) => requestStoreChunk(stream, sent),
        (stream, seen) =>
          serveStoreChunk(stream, {
            authorise: (claim) => void seen.push(claim),
            store: async (name, sealed) => {
              seen.push(name, Buffer.compare(sealed, sent.sealed));
              return { alreadyHeld };
            },
          }),
      );
      const claim = { grant: sent.grant, chunkName: sent.chunkName, length: sent.sealed.length };
      expect(asked).toEqual([claim, sent.chunkName, 0]);
      expect(answer).toEqual({ alreadyHeld });
    }),
    fuzzRuns(500),
  );
});

it("store-batch carries claim, bytes and outcomes as they are", async () => {
  const chunk = fc.record({ chunkName, sealed: bytes(1, 500), outcome: fc.option(fc.boolean()) });
  const chunks = fc.uniqueArray(chunk, { minLength: 1, maxLength: 64, selector: (each) => each.chunkName });
  await fc.assert(
    fc.asyncProperty(grant, chunks, async (signed, sent) => {
      const outcomes = sent.map(({ outcome }): BatchOutcomes[number] =>
        outcome === null
          ? { status: "rejected", reason: new AppError("NO_SPACE", "full") }
          : { status: "fulfilled", value: { alreadyHeld: outcome } },
      );
      const { asked, answer } = await exchange(
        (stream) => requestStoreBatch(stream, { grant: signed, chunks: sent }),
        (stream, seen) =>
          serveStoreBatch(stream, {
            authorise: (claim) => void seen.push(claim.grant, claim.chunks),
            store: async (received) => {
              seen.push(received.map(({ chunkName: name, sealed }) => [name, Buffer.from(sealed).toString("hex")]));
              return outcomes;
            },
          }),
      );
      expect(asked).toEqual([
        signed,
        sent.map(({ chunkName: name, sealed }) => ({ chunkName: name, length: sealed.length })),
        sent.map(({ chunkName: name, sealed }) => [name, Buffer.from(sealed).toString("hex")]),
      ]);
      expect(answer).toMatchObject(outcomes);
    }),
    fuzzRuns(300),
  );
});

it("retrieve-batch carries claim, bytes and refusals as they are", async () => {
  const chunk = fc.record({ chunkName, held: fc.option(bytes(1, 500)) });
  const chunks = fc.uniqueArray(chunk, { minLength: 1, maxLength: 64, selector: (each) => each.chunkName });
  await fc.assert(
    fc.asyncProperty(grant, chunks, async (signed, sent) => {
      const wanted = sent.map(({ chunkName: name, held }) => ({ chunkName: name, length: held?.length ?? 7 }));
      const found = sent.map(({ held }): RetrievedChunks[number] =>
        held === null
          ? { status: "rejected", reason: new AppError("CHUNK_NOT_FOUND", "not here") }
          : { status: "fulfilled", value: held },
      );
      const { asked, answer } = await exchange(
        (stream) => requestRetrieveBatch(stream, { grant: signed, chunks: wanted }),
        (stream, seen) =>
          serveRetrieveBatch(stream, {
            authorise: (claim) => void seen.push(claim.grant, claim.chunks),
            retrieve: async (received) => {
              seen.push(received);
              return found;
            },
          }),
      );
      expect(asked).toEqual([signed, wanted, wanted]);
      const shown = (each: RetrievedChunks[number]) =>
        each.status === "fulfilled" ? Buffer.from(each.value).toString("hex") : (each.reason as AppError).code;
      expect(answer.map(shown)).toEqual(found.map(shown));
    }),
    fuzzRuns(300),
  );
});

it("retrieve-chunk and delete-chunk carry claim and answer as they are", async () => {
  const request = fc.record({ grant, chunkName });
  await fc.assert(
    fc.asyncProperty(request, bytes(1, 5000), fc.boolean(), fc.boolean(), async (sent, held, wasHeld, storedAnew) => {
      const retrieved = await exchange(
        (stream) => requestRetrieveChunk(stream, { ...sent, lengthMax: held.length }),
        (stream, seen) =>
          serveRetrieveChunk(stream, {
            authorise: (claim) => void seen.push(claim),
            retrieve: async () => ({ length: held.length, bytes: held }),
          }),
      );
      expect(retrieved.asked).toEqual([sent]);
      expect(Buffer.compare(retrieved.answer, held)).toBe(0);
      const deleted = await exchange(
        (stream) => requestDeleteChunk(stream, sent),
        (stream, seen) =>
          serveDeleteChunk(stream, {
            authorise: (claim) => void seen.push(claim),
            delete: async () => ({ wasHeld, storedAnew }),
          }),
      );
      expect(deleted).toEqual({ asked: [sent], answer: { wasHeld, storedAnew } });
    }),
    fuzzRuns(500),
  );
});

it("replicate-chunk carries the order as it is", async () => {
  const request = fc.record({
    grant,
    chunkName,
    length: fc.integer({ min: 1, max: 4 * 1024 * 1024 }),
    source: fc.record({ peerId: text(60), addresses: fc.array(text(60), { maxLength: 16 }) }),
    sourceGrant: grant,
  });
  await fc.assert(
    fc.asyncProperty(request, fc.boolean(), async (sent, alreadyHeld) => {
      const { asked, answer } = await exchange(
        (stream) => requestReplicateChunk(stream, sent),
        (stream, seen) =>
          serveReplicateChunk(stream, {
            authorise: (claim) => void seen.push(claim),
            replicate: async () => ({ alreadyHeld }),
          }),
      );
      expect(asked).toEqual([sent]);
      expect(answer).toEqual({ alreadyHeld });
    }),
    fuzzRuns(500),
  );
});

it("proof-challenge carries question and answer as they are", async () => {
  const names = fc.uniqueArray(chunkName, { minLength: 1, maxLength: AUDIT_CHUNKS_MAX });
  const question = names.chain((chunkNames) =>
    fc.record({
      grant,
      chunkNames: fc.constant(chunkNames),
      challengeId: bytes(16),
      selectionId: bytes(16),
      seed: bytes(32),
      leafCount: fc.integer({ min: 1, max: Math.floor(AUDIT_LEAVES_MAX / chunkNames.length) }),
      difficulty: fc.integer({ min: 1, max: AUDIT_DIFFICULTY_MAX }),
      deadlineMs: fc.integer({ min: 1, max: 10_000 }),
    }),
  );
  const leaf = fc.record({
    index: fc.nat(300),
    leaf: bytes(1, 200),
    path: fc.array(bytes(32), { maxLength: 9 }),
  });
  const proof = fc.oneof(
    fc.record({
      kind: fc.constant("proof" as const),
      chunkLength: fc.integer({ min: 1, max: 4 * 1024 * 1024 }),
      leaves: fc.array(leaf, { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant("lost" as const), reason: fc.constantFrom(...LOSS_REASONS) }),
  );
  const said = fc.record({
    proofs: fc.array<ChunkProof>(proof, { minLength: 1, maxLength: AUDIT_CHUNKS_MAX }),
    digest: bytes(32),
    durationUs: fc.maxSafeNat(),
    signature: bytes(64),
  });
  await fc.assert(
    fc.asyncProperty(question, said, async (sent, given) => {
      const { asked, answer } = await exchange(
        (stream) => requestProofChallenge(stream, sent),
        (stream, seen) =>
          serveProofChallenge(stream, { authorise: (claim) => void seen.push(claim), prove: async () => given }),
      );
      expect(asked).toEqual([{ ...sent, challengeName: challengeNameOf(sent.chunkNames) }]);
      expect(answer).toEqual(given);
    }),
    fuzzRuns(300),
  );
});

it("inventory carries query and page as they are", async () => {
  const page = fc.record({ names: fc.uniqueArray(chunkName, { minLength: 1, maxLength: 20 }), more: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(grant, page, fc.integer({ min: 0, max: 100 }), async (signed, { names, more }, spare) => {
      const [after, ...chunkNames] = names.toSorted() as [ChunkName, ...ChunkName[]];
      const until = spare % 2 === 0 ? chunkNames.at(-1) : undefined;
      const query = { after, ...(until !== undefined && { until }), limit: chunkNames.length + spare + 1 };
      const given = { chunkNames, more: more && chunkNames.length > 0 };
      const { asked, answer } = await exchange(
        (stream) => requestInventory(stream, { ...query, grant: signed }),
        (stream, seen) =>
          serveInventory(stream, {
            authorise: (claim) => void seen.push(claim),
            list: async () => given,
            summarise: async () => summariseInventory(chunkNames, sha256),
          }),
      );
      expect(asked).toEqual([{ ...query, grant: signed }]);
      expect(answer).toEqual(given);
    }),
    fuzzRuns(500),
  );
});

it("a summary comes as it was made, with the root of its buckets", () => {
  fc.assert(
    fc.property(fc.uniqueArray(chunkName, { maxLength: 50 }), (names) => {
      const summary = summariseInventory(names.toSorted(), sha256);
      const { buckets, root } = summary;
      expect(decodeInventorySummary(encodeInventorySummary(summary))).toEqual({ buckets, root });
    }),
    fuzzRuns(100),
  );
});
