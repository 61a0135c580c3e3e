import { randomWorld } from "@commonhold/core/economics/random-world.fixture.ts";
import type { TimeInterval } from "@commonhold/core/economics/time-interval.ts";
import { afterwardsOf, createEconomyFixture, storable, writeWorld } from "./economy.fixture.ts";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type HeldChunk, heldChunks, type HeldChunksPage } from "./held-chunks.ts";

const page = fc.record({ chunks: fc.integer({ min: 1, max: 4 }), endedCopies: fc.integer({ min: 1, max: 5 }) });

it("are the same whatever fits a page", async () => {
  await fc.assert(
    fc.asyncProperty(randomWorld.map(storable), page, async (world, small) => {
      const fixture = await createEconomyFixture(afterwardsOf(world));
      await writeWorld(fixture, world);
      const read = (size?: HeldChunksPage) => collect(heldChunks(fixture.database, world.day, size));
      // Of chunks without a copy in the day there is nothing to read.
      const held = world.chunks
        .map((chunk) => ({ ...chunk, copies: chunk.copies.filter((copy) => overlaps(copy, world.day)) }))
        .filter(({ copies }) => copies.length > 0);
      expect(inOrder(await read())).toEqual(inOrder(held));
      expect(inOrder(await read(small))).toEqual(inOrder(held));
      await fixture.close();
    }),
    { numRuns: 40 },
  );
});

async function collect(pages: AsyncIterable<readonly HeldChunk[]>): Promise<readonly HeldChunk[]> {
  const chunks: HeldChunk[] = [];
  for await (const page of pages) chunks.push(...page);
  return chunks;
}

/** Neither pages nor copies come in an order that matters. */
function inOrder(chunks: readonly HeldChunk[]): string[] {
  const copyText = ({ nodeId, fromMs, toMs, promised }: HeldChunk["copies"][number]) =>
    `${nodeId} ${fromMs} to ${toMs} of ${promised}`;
  return chunks
    .map(({ ownerId, sealedLength, copies }) => `${ownerId} ${sealedLength}: ${copies.map(copyText).sort().join(", ")}`)
    .sort();
}

function overlaps(a: TimeInterval, b: TimeInterval): boolean {
  return a.fromMs < b.toMs && b.fromMs < a.toMs;
}
