import { subscribe } from "node:diagnostics_channel";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { UPLOAD_STEP_CHANNEL } from "@commonhold/runtime/upload-steps.ts";
import { createNodeChunkFiles } from "../chunk-store/node-chunk-files.ts";
import { openPackedStore } from "./open-packed-store.ts";
import { testChunk } from "./test-chunks.ts";

/**
 * A process that stores small chunks and deletes two of three, several at once, until it kills itself at the n-th time
 * that it comes to a step. Prints "+seed" for each stored chunk and "-seed" for each deletion once it is acknowledged,
 * and "?seed" before it asks for a deletion. Arguments: data folder, first seed, step, time. Chunks are stored under
 * epoch 1 and deleted under epoch 2.
 */
const [folder, firstSeed, step, time] = process.argv.slice(2);
const LANES = 4;
const PACK_BYTES_MAX = 16_000;

let left = Number(time);
subscribe(UPLOAD_STEP_CHANNEL, (reached) => {
  if (reached === step && --left === 0) process.kill(process.pid, "SIGKILL");
});

const store = await openPackedStore(folder!, {
  files: createNodeChunkFiles({ clock: systemClock }),
  packBytesMax: PACK_BYTES_MAX,
});
let seed = Number(firstSeed);

async function workOn(): Promise<never> {
  for (;;) {
    const mine = seed++;
    const { name, sealed } = testChunk(mine, 1000 + (mine % 700));
    await store.store(name, sealed, { epoch: 1 });
    process.stdout.write(`+${mine}\n`);
    if (mine % 3 === 0) continue;
    process.stdout.write(`?${mine}\n`);
    await store.delete(name, 2);
    process.stdout.write(`-${mine}\n`);
  }
}

await Promise.all(Array.from({ length: LANES }, workOn));
