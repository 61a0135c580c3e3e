import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { describe, expect, it } from "vitest";
import type { EvictionSetting } from "../config/node-config.ts";
import type { EvictionAnswer, EvictionRequest } from "../membership/coordinator-api.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { openTestStore, silentLogger, type TestStoreParts } from "../testing/open-test-store.ts";
import { tempFolder } from "../testing/temp-folder.ts";
import { testChunk } from "../testing/test-chunks.ts";
import { describeEviction } from "./describe-eviction.ts";
import { Evictor } from "./evictor.ts";

const LENGTH = 1000;

interface Scene {
  readonly held?: number;
  readonly own?: number;
  readonly setting?: EvictionSetting;
  /** After the chunks were stored. */
  readonly limits?: TestStoreParts;
}

/** A node that holds chunks stored one second after the other, and is then opened with other limits. */
async function sceneOf({ held = 10, own = 0, setting = "hybrid", limits = {} }: Scene) {
  const folder = tempFolder();
  const clock = new ManualClock();
  const before = await openTestStore(folder, { clock });
  const chunks = Array.from({ length: held }, (_, seed) => testChunk(seed, LENGTH));
  for (const [i, { name, sealed }] of chunks.entries()) {
    clock.advance(1000);
    await before.store(name, sealed, { epoch: 5, own: i < own });
  }
  await before.close();
  const store = await openTestStore(folder, { clock, ...limits });
  const requests: EvictionRequest[] = [];
  let answer: (request: EvictionRequest) => EvictionAnswer | Error = () => ({ release: [], epoch: 6 });
  const evictor = new Evictor(
    {
      store,
      requestEvictions: async (request) => {
        requests.push(request);
        const given = answer(request);
        if (given instanceof Error) throw given;
        return given;
      },
      clock,
      logger: silentLogger,
    },
    { setting },
  );
  return {
    store,
    clock,
    names: chunks.map(({ name }) => name),
    requests,
    evictor,
    answerWith: (next: typeof answer) => {
      answer = next;
    },
    run: async () => {
      evictor.check();
      await evictor.idle();
      return describeEviction(evictor.state, await store.usage());
    },
  };
}

/** Releases from the front what is wanted. */
const releaseAll = ({ candidates, wanted_bytes }: EvictionRequest): EvictionAnswer => ({
  release: candidates.slice(0, Math.ceil(wanted_bytes / LENGTH)),
  epoch: 6,
});

describe("a node that holds too much", () => {
  it("gives up what it is released from, what was read longest ago first, and nothing else", async () => {
    const { store, clock, names, requests, evictor, answerWith, run } = await sceneOf({
      limits: { bytesMax: 7 * LENGTH },
    });
    answerWith(releaseAll);
    clock.advance(1000);
    await store.read(names[0]!);
    expect(await run()).toBe("holds no more than it may");
    expect(requests).toEqual([
      { wanted_bytes: 3 * LENGTH, candidates: [...names.slice(1), names[0]], strategy: "hybrid" },
    ]);
    expect(store.totals().usedBytes).toBe(7 * LENGTH);
    for (const name of names.slice(1, 4)) expect(await store.holds(name)).toBe(false);
    expect(evictor.state).toMatchObject({ kind: "fits", wantedBytes: 0 });
    await run();
    expect(requests).toHaveLength(1);
    await store.close();
  });

  it("says in words how much is released and how much is copied elsewhere first", async () => {
    const { store, names, answerWith, run } = await sceneOf({ limits: { bytesMax: 5 * LENGTH } });
    answerWith(() => ({ release: names.slice(0, 2), epoch: 6, leaving_bytes: 3 * LENGTH }));
    expect(await run()).toBe("over its quota by 5 kB: 2 kB released, 3 kB are being copied elsewhere");
    await store.close();
  });

  it("does not delete what was stored anew since it was released", async () => {
    const { store, names, answerWith, run } = await sceneOf({ limits: { bytesMax: 9 * LENGTH } });
    answerWith(() => ({ release: [names[0]!], epoch: 5, leaving_bytes: LENGTH }));
    expect(await run()).toBe("over its quota by 1 kB: 1 kB are being copied elsewhere");
    expect(await store.holds(names[0]!)).toBe(true);
    await store.close();
  });

  it("deletes nothing that it did not ask for", async () => {
    const { store, evictor, answerWith, run } = await sceneOf({ limits: { bytesMax: 9 * LENGTH } });
    answerWith(() => ({ release: [testChunk(99).name], epoch: 6 }));
    expect(await run()).toContain("as the coordinator could not be asked");
    expect(evictor.state.error).toMatchObject({ code: "PROTOCOL_ERROR" });
    expect(store.totals().chunkCount).toBe(10);
    await store.close();
  });

  it("asks again where the coordinator was away, and says so meanwhile", async () => {
    const { store, evictor, answerWith, run } = await sceneOf({ limits: { bytesMax: 9 * LENGTH } });
    answerWith(() => new AppError("COORDINATOR_UNREACHABLE", "no connection"));
    expect(await run()).toBe(
      "over its quota by 1 kB: 1 kB wait, as the coordinator could not be asked (no connection)",
    );
    expect(evictor.state).toMatchObject({ kind: "waiting", wantedBytes: LENGTH });
    answerWith(releaseAll);
    expect(await run()).toBe("holds no more than it may");
    expect(evictor.state.error).toBeUndefined();
    await store.close();
  });

  it("asks for other chunks where these may not go, a bounded number of times, and comes round again", async () => {
    const { store, requests, answerWith, run } = await sceneOf({ held: 1200, limits: { bytesMax: 1199 * LENGTH } });
    answerWith(() => ({ release: [], epoch: 6, leaving_bytes: 0 }));
    expect(await run()).toBe("over its quota by 1 kB: 1 kB stay, as no other node can take them");
    expect(requests.map(({ candidates }) => candidates.length)).toEqual([500, 500, 200]);
    expect(new Set(requests.flatMap(({ candidates }) => candidates)).size).toBe(1200);
    await run();
    expect(requests).toHaveLength(6);
    expect(requests[3]!.candidates).toEqual(requests[0]!.candidates);
    // One that does not say how much is on its way is not pressed.
    answerWith(() => ({ release: [], epoch: 6 }));
    await run();
    expect(requests).toHaveLength(7);
    expect(await run()).toBe("over its quota by 1 kB: 1 kB stay until there are copies elsewhere");
    expect(requests).toHaveLength(8);
    expect(requests[7]!.candidates).not.toEqual(requests[6]!.candidates);
    await store.close();
  });

  it("asks one thing at a time, and nothing more once it is stopped", async () => {
    const { store, requests, answerWith, evictor, run } = await sceneOf({ limits: { bytesMax: 9 * LENGTH } });
    answerWith(() => ({ release: [], epoch: 6 }));
    evictor.check();
    evictor.check();
    await evictor.idle();
    expect(requests).toHaveLength(1);
    await evictor.stop();
    await run();
    expect(requests).toHaveLength(1);
    await store.close();
  });

  it("gives up nothing where eviction is off, and says so", async () => {
    const { store, requests, run } = await sceneOf({ setting: "off", limits: { bytesMax: 9 * LENGTH } });
    expect(await run()).toBe("over its quota by 1 kB: 1 kB stay, as storage.eviction is off");
    expect(requests).toEqual([]);
    await store.close();
  });

  it("makes room where the disk has too little left", async () => {
    const { store, answerWith, run } = await sceneOf({ limits: { diskFreeBytesMin: 1e18 } });
    answerWith(({ candidates }) => ({ release: candidates.slice(0, 4), epoch: 6, leaving_bytes: 6 * LENGTH }));
    expect(await run()).toBe(
      "the disk has 10 kB less free than storage.min_free_disk_bytes: 4 kB released, 6 kB are being copied elsewhere",
    );
    await store.close();
  });
});

describe("what a node would give up", () => {
  it("is damaged chunks first, then others', then its operator's own", async () => {
    const { store, names, requests, run } = await sceneOf({ held: 6, own: 2, limits: { bytesMax: 5 * LENGTH } });
    store.markDamaged(names[4]!);
    await run();
    expect(requests[0]!.candidates).toEqual([4, 2, 3, 5, 0, 1].map((i) => names[i]));
    await store.close();
  });

  it("is none of its operator's own where others use what is reserved", async () => {
    const limits = { bytesMax: 10 * LENGTH, reservedBytes: 5 * LENGTH };
    const { store, names, requests, answerWith, run } = await sceneOf({ held: 8, own: 2, limits });
    answerWith(releaseAll);
    expect(await run()).toBe("holds no more than it may");
    expect(requests).toEqual([{ wanted_bytes: LENGTH, candidates: names.slice(2), strategy: "hybrid" }]);
    await store.close();
  });
});

it("a name that comes twice is counted once", async () => {
  const { store, names, evictor, answerWith, run } = await sceneOf({ limits: { bytesMax: 8 * LENGTH } });
  const twice = (name: ChunkName) => [name, name];
  answerWith(() => ({ release: twice(names[0]!), epoch: 6, leaving_bytes: LENGTH }));
  await run();
  expect(evictor.state).toMatchObject({ kind: "waiting", releasedCount: 1, releasedBytes: LENGTH });
  await store.close();
});
