import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { NODE_COMPACTION_STEPS, NODE_PACK_STEPS } from "@commonhold/runtime/upload-steps.ts";
import { expect, it, vi } from "vitest";
import { openPackedStore } from "../../testing/open-packed-store.ts";
import { tempFolder } from "../../testing/temp-folder.ts";
import { testChunk } from "../../testing/test-chunks.ts";
import { allNames, expectWholeStore } from "../../testing/whole-store.ts";

// A busy machine needs more than the usual 5 s.
vi.setConfig({ testTimeout: 60_000 });

const CHILD = fileURLToPath(new URL("../../testing/pack-until-killed.ts", import.meta.url));
/** Of those, the store itself comes to. */
const STEPS = [...NODE_PACK_STEPS.slice(1, -1), ...NODE_COMPACTION_STEPS];

/** What was asked for and acknowledged, by seed: "+" stored, "?" perhaps deleted, "-" deleted. */
async function workAndKill(folder: string, order: readonly [seed: number, step: string, time: number]) {
  const args = [CHILD, folder, ...order.map(String)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(child, "close");
  const states = new Map<number, string>();
  for await (const line of createInterface({ input: child.stdout })) states.set(Number(line.slice(1)), line[0]!);
  await closed;
  expect(child.signalCode).toBe("SIGKILL");
  return states;
}

it.each(STEPS)("a node killed at %s, time after time, has what it acknowledged, and nothing else", async (step) => {
  const folder = tempFolder();
  const states = new Map<number, string>();
  for (const [round, time] of [1, 2, 5].entries()) {
    for (const each of await workAndKill(folder, [round * 10_000, step, time])) states.set(...each);
  }
  for (const wiped of [false, true]) {
    if (wiped) rmSync(join(folder, "index.db"));
    const store = await openPackedStore(folder, { packBytesMax: 16_000 });
    const held = new Set<string>(allNames(store));
    for (const [seed, state] of states) {
      const { name } = testChunk(seed, 1000 + (seed % 700));
      if (state === "+") expect(held.has(name), `${seed} was stored`).toBe(true);
      if (state === "-") expect(held.has(name), `${seed} was deleted`).toBe(false);
      if (state === "+") expect(await store.delete(name, 1)).toBe("stored_anew");
    }
    // Beside what is known there are at most those that were under way, four at a time.
    const known = [...states.values()].filter((state) => state === "+").length;
    expect(held.size).toBeLessThanOrEqual(known + 3 * 4);
    await expectWholeStore(store, folder);
    expect(store.losses(10)).toEqual([]);
    await store.close();
  }
});
