import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { createNodeChunkFiles } from "../chunk-store/node-chunk-files.ts";
import { openTestStore } from "./open-test-store.ts";
import { testChunk } from "./test-chunks.ts";

/**
 * A process that stores chunks, several at once, until it is killed, and prints the seed of each acknowledged one.
 * Arguments: data folder, first seed. A chunk's epoch is its seed and one.
 */
const [folder, firstSeed] = process.argv.slice(2);
const LANES = 4;
const CHUNK_BYTES = 200_000;

const store = await openTestStore(folder!, { files: createNodeChunkFiles({ clock: systemClock }) });
let seed = Number(firstSeed);
process.stdout.write("open\n");

async function storeOn(): Promise<never> {
  for (;;) {
    const mine = seed++;
    const { name, sealed } = testChunk(mine, CHUNK_BYTES);
    await store.store(name, sealed, { epoch: mine + 1 });
    process.stdout.write(`${mine}\n`);
  }
}

await Promise.all(Array.from({ length: LANES }, storeOn));
