import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import { BATCH_CHUNKS_MAX, BATCH_LENGTH_MAX } from "@commonhold/wire/protocols.ts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ExchangeBatcher } from "./exchange-batcher.ts";
import { createNodeGate } from "./node-gate.ts";

const never = new AbortController().signal;
const limits = { concurrentPerNodeMax: 5, queuedPerNodeMax: 100, restMs: 5_000 };
const clock = { nowMs: () => Date.now(), monotonicMs: () => Date.now() };
const late = new AppError("TIMEOUT", "too late");

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** An exchange under way. */
interface Sent {
  readonly names: readonly string[];
  readonly signal: AbortSignal;
  /** This one has moved, the others have not yet. */
  arrive(name: string): Promise<void>;
  /** Answers that all are stored, but for those with an error here. */
  answer(refusals?: Readonly<Record<string, AppError>>): Promise<void>;
  fail(error: AppError): Promise<void>;
}

/** Chunks whose names begin with "own" are of another kind. */
function chunk(name: string, length = 10_000) {
  const events: string[] = [];
  return { name: name as ChunkName, length, kind: name.startsWith("own"), events };
}
type Chunk = ReturnType<typeof chunk>;

const settle = () => vi.advanceTimersByTimeAsync(0);

function batcher(queuedMax = 1000) {
  const gate = createNodeGate("node" as NodeId, limits, clock);
  const sent: Sent[] = [];
  const send = (chunks: readonly Chunk[], signal: AbortSignal, onMoved: (at: number, result: string) => void) => {
    const { promise, resolve, reject } = Promise.withResolvers<PromiseSettledResult<string>[]>();
    signal.addEventListener("abort", () => reject(signal.reason));
    const names = chunks.map(({ name }) => name);
    sent.push({
      names,
      signal,
      arrive: async (name) => {
        onMoved(names.indexOf(name as ChunkName), `bytes of ${name}`);
        await settle();
      },
      answer: async (refusals = {}) => {
        resolve(
          names.map((name) => {
            const reason = refusals[name];
            return reason === undefined
              ? { status: "fulfilled", value: `bytes of ${name}` }
              : { status: "rejected", reason };
          }),
        );
        await settle();
      },
      fail: async (error) => {
        reject(error);
        await settle();
      },
    });
    return promise;
  };
  const onMoved = ({ events }: Chunk, result: string) => void events.push(result);
  const onFailed = ({ events }: Chunk) => void events.push("failed");
  const batches = new ExchangeBatcher({ gate, send, onMoved, onFailed, clock }, { queuedMax, heldUpMs: 200 });
  return { gate, sent, batches };
}

/** What became of a promise so far. */
function watch(promise: Promise<void>) {
  const watched = { state: "waits", reason: undefined as unknown };
  promise.then(
    () => (watched.state = "moved"),
    (reason: unknown) => Object.assign(watched, { state: "failed", reason }),
  );
  return watched;
}

/** One chunk under way, by itself, and some that came meanwhile. */
async function oneAndMore(...names: readonly string[]) {
  const world = batcher();
  const first = watch(world.batches.move(chunk("first"), never));
  await settle();
  const chunks = names.map((name) => chunk(name));
  const callers = names.map(() => new AbortController());
  const moves = chunks.map((each, at) => watch(world.batches.move(each, callers[at]!.signal)));
  await settle();
  return { ...world, first, chunks, callers, moves };
}

describe("a batcher of exchanges", () => {
  it("sends the first chunk at once, and what comes meanwhile together", async () => {
    const { sent, first, moves, batches } = await oneAndMore("a", "b", "c");
    expect(sent.map(({ names }) => names)).toEqual([["first"]]);
    expect(batches.waiting).toBe(3);
    await sent[0]!.answer();
    expect(first.state).toBe("moved");
    expect(sent.map(({ names }) => names)).toEqual([["first"], ["a", "b", "c"]]);
    expect(batches.waiting).toBe(0);
    expect(moves.map(({ state }) => state)).toEqual(["waits", "waits", "waits"]);
    await sent[1]!.answer();
    expect(moves.map(({ state }) => state)).toEqual(["moved", "moved", "moved"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("never mixes chunks of two kinds", async () => {
    const { sent, moves } = await oneAndMore("own a", "b", "own c", "d");
    await sent[0]!.answer();
    expect(sent[1]!.names).toEqual(["own a", "own c"]);
    await sent[1]!.answer();
    expect(sent[2]!.names).toEqual(["b", "d"]);
    await sent[2]!.answer();
    expect(moves.map(({ state }) => state)).toEqual(["moved", "moved", "moved", "moved"]);
  });

  it("does not wait longer for a batch that takes long, nor for more than four of them", async () => {
    const { sent, batches } = await oneAndMore("a");
    for (let i = 0; i < 6; i++) {
      await vi.advanceTimersByTimeAsync(1_000);
      void batches.move(chunk(`more ${i}`), never);
      await settle();
    }
    expect(sent.map(({ names }) => names)).toEqual([["first"], ["a"], ["more 0"], ["more 1"]]);
    await sent[2]!.answer();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sent[4]!.names).toEqual(["more 2", "more 3", "more 4", "more 5"]);
  });

  it("does not wait where there is enough for a batch, and keeps to its bounds", async () => {
    const { sent, batches } = await oneAndMore();
    for (let i = 0; i < BATCH_CHUNKS_MAX + 5; i++) void batches.move(chunk(`${i}`, 100), never);
    await settle();
    expect(sent.map(({ names }) => names.length)).toEqual([1, BATCH_CHUNKS_MAX]);
    expect(batches.waiting).toBe(5);
    const large = BATCH_LENGTH_MAX / 4;
    for (let i = 0; i < 5; i++) void batches.move(chunk(`large ${i}`, large), never);
    await settle();
    expect(sent.map(({ names }) => names.length)).toEqual([1, BATCH_CHUNKS_MAX, 8]);
    expect(batches.waiting).toBe(2);
  });

  it("moves a chunk that two callers have twice, and not in one batch", async () => {
    const { sent, moves } = await oneAndMore("a", "b", "a");
    await sent[0]!.answer();
    await sent[1]!.answer();
    await sent[2]!.answer();
    expect(sent.map(({ names }) => names)).toEqual([["first"], ["a", "b"], ["a"]]);
    expect(moves.map(({ state }) => state)).toEqual(["moved", "moved", "moved"]);
  });

  it("fails only whose chunk was refused", async () => {
    const { sent, moves, chunks, gate } = await oneAndMore("a", "b", "c");
    const full = new AppError("NO_SPACE", "full");
    await sent[0]!.answer();
    await sent[1]!.answer({ b: full });
    expect(moves).toEqual([
      { state: "moved", reason: undefined },
      { state: "failed", reason: full },
      { state: "moved", reason: undefined },
    ]);
    expect(chunks.map(({ events }) => events)).toEqual([["bytes of a"], ["failed"], ["bytes of c"]]);
    expect(gate.isOpenForCalls()).toBe(true);
  });

  it("fails all of a batch that fails, and sends the next", async () => {
    const { sent, moves, chunks, batches } = await oneAndMore("a", "b");
    await sent[0]!.answer();
    const next = watch(batches.move(chunk("next"), never));
    const gone = new AppError("NODE_UNREACHABLE", "gone");
    await sent[1]!.fail(gone);
    expect(moves).toEqual([
      { state: "failed", reason: gone },
      { state: "failed", reason: gone },
    ]);
    expect(chunks.map(({ events }) => events)).toEqual([["failed"], ["failed"]]);
    expect(sent[2]!.names).toEqual(["next"]);
    await sent[2]!.answer();
    expect(next.state).toBe("moved");
  });

  it("gives each chunk when it has moved, and the others what becomes of the rest", async () => {
    const { sent, moves, chunks, callers } = await oneAndMore("a", "b", "c");
    await sent[0]!.answer();
    await sent[1]!.arrive("a");
    expect(moves.map(({ state }) => state)).toEqual(["moved", "waits", "waits"]);
    callers[0]!.abort(late);
    callers[2]!.abort(late);
    await sent[1]!.arrive("c");
    expect(sent[1]!.signal.aborted).toBe(false);
    const gone = new AppError("NODE_UNREACHABLE", "gone");
    await sent[1]!.fail(gone);
    expect(moves).toEqual([
      { state: "moved", reason: undefined },
      { state: "failed", reason: gone },
      { state: "failed", reason: late },
    ]);
    expect(chunks.map(({ events }) => events)).toEqual([["bytes of a"], ["failed"], ["failed"]]);
  });

  it("goes on with an exchange only while somebody waits for what has not moved yet", async () => {
    const { sent, moves, callers } = await oneAndMore("a", "b");
    await sent[0]!.answer();
    await sent[1]!.arrive("a");
    callers[1]!.abort(late);
    await settle();
    expect(moves.map(({ state }) => state)).toEqual(["moved", "failed"]);
    expect(sent[1]!.signal.aborted).toBe(true);
  });

  it("counts a batch that failed as one failure of the node, and failures of the disk by chunk", async () => {
    const { sent, gate, batches } = await oneAndMore("a", "b", "c", "d", "e");
    await sent[0]!.answer();
    await sent[1]!.fail(new AppError("NODE_UNREACHABLE", "gone"));
    expect(gate.isOpenForCalls()).toBe(true);
    void batches.move(chunk("one"), never);
    await settle();
    const names = ["a", "b", "c", "d", "e"];
    for (const name of names) batches.move(chunk(name), never).catch(() => {});
    await sent[2]!.answer();
    await sent[3]!.answer(Object.fromEntries(names.map((name) => [name, new AppError("STORAGE_FAILURE", "rotten")])));
    expect(gate.isOpenForCalls()).toBe(false);
  });

  it("counts failures of the disk between chunks that moved as it would where each went alone", async () => {
    const { sent, gate, batches } = await oneAndMore("a");
    await sent[0]!.answer();
    await sent[1]!.answer();
    void batches.move(chunk("one"), never);
    await settle();
    const names = Array.from({ length: 30 }, (_, at) => `${at}`);
    const moves = names.map((name) => watch(batches.move(chunk(name), never)));
    await sent[2]!.answer();
    const bad = names.filter((_, at) => at % 3 !== 0);
    await sent[3]!.answer(Object.fromEntries(bad.map((name) => [name, new AppError("STORAGE_FAILURE", "rotten")])));
    expect(moves.filter(({ state }) => state === "failed").length).toBe(20);
    expect(gate.isOpenForCalls()).toBe(true);
  });

  it("tells all who wait why the gate lets nothing through", async () => {
    const { gate, batches, sent } = batcher();
    for (let i = 0; i < 5; i++) gate.blame(late);
    await settle();
    const moves = ["a", "b"].map((name) => watch(batches.move(chunk(name), never)));
    await settle();
    expect(moves).toMatchObject([
      { state: "failed", reason: { code: "NODE_UNREACHABLE" } },
      { state: "failed", reason: { code: "NODE_UNREACHABLE" } },
    ]);
    expect(sent).toEqual([]);
    expect(batches.waiting).toBe(0);
  });

  it("refuses more than may wait", async () => {
    const { batches } = batcher(2);
    void batches.move(chunk("first"), never);
    await settle();
    void batches.move(chunk("a"), never);
    void batches.move(chunk("b"), never);
    await expect(batches.move(chunk("c"), never)).rejects.toMatchObject({ code: "OVERLOADED" });
  });
});

describe("a caller who gives up", () => {
  it("before it began is told so, and nothing is sent", async () => {
    const { batches, sent } = batcher();
    await expect(batches.move(chunk("a"), AbortSignal.abort(late))).rejects.toBe(late);
    await settle();
    expect(sent).toEqual([]);
  });

  it("while its chunk waits leaves the queue, and its memory is not touched", async () => {
    const { sent, moves, callers, chunks } = await oneAndMore("a", "b");
    callers[0]!.abort(late);
    await settle();
    expect(moves).toEqual([
      { state: "failed", reason: late },
      { state: "waits", reason: undefined },
    ]);
    expect(chunks[0]!.events).toEqual([]);
    await sent[0]!.answer();
    expect(sent[1]!.names).toEqual(["b"]);
  });

  it("while its chunk is under way lets the others go on, and learns that its memory may still be read, and is not written", async () => {
    const { sent, moves, callers, chunks } = await oneAndMore("a", "b");
    await sent[0]!.answer();
    callers[0]!.abort(late);
    await settle();
    expect(moves).toEqual([
      { state: "failed", reason: late },
      { state: "waits", reason: undefined },
    ]);
    expect(chunks.map(({ events }) => events)).toEqual([["failed"], []]);
    expect(sent[1]!.signal.aborted).toBe(false);
    await sent[1]!.answer();
    expect(moves[1]!.state).toBe("moved");
    expect(chunks.map(({ events }) => events)).toEqual([["failed"], ["bytes of b"]]);
  });

  it("as the last of a batch ends it, and the next is sent", async () => {
    const { sent, moves, callers, batches } = await oneAndMore("a", "b");
    await sent[0]!.answer();
    const next = watch(batches.move(chunk("next"), never));
    for (const caller of callers) caller.abort(late);
    await settle();
    expect(sent[1]!.signal.aborted).toBe(true);
    expect(moves.map(({ reason }) => reason)).toEqual([late, late]);
    expect(sent[2]!.names).toEqual(["next"]);
    await sent[2]!.answer();
    expect(next.state).toBe("moved");
  });

  it("by time counts against the node, each of them", async () => {
    const { sent, callers, gate } = await oneAndMore("a", "b", "c", "d", "e");
    await sent[0]!.answer();
    for (const caller of callers.slice(1)) caller.abort(late);
    await settle();
    expect(gate.isOpenForCalls()).toBe(true);
    callers[0]!.abort(late);
    await settle();
    expect(gate.isOpenForCalls()).toBe(false);
  });

  it("all of them, while the batch waits for the gate: nothing is sent, and the next chunk is", async () => {
    const { gate, batches, sent } = batcher();
    const busy = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
    for (const { promise } of busy) void gate.run(never, () => promise);
    const caller = new AbortController();
    const store = watch(batches.move(chunk("a"), caller.signal));
    await settle();
    caller.abort(late);
    await settle();
    expect(store).toEqual({ state: "failed", reason: late });
    for (const { resolve } of busy) resolve();
    await settle();
    expect(sent).toEqual([]);
    const next = watch(batches.move(chunk("b"), never));
    await settle();
    await sent[0]!.answer();
    expect(next.state).toBe("moved");
  });
});

describe("a node that refuses a batch as such", () => {
  const what = new AppError("PROTOCOL_ERROR", "what?");

  it("is left alone with them for a minute", async () => {
    const { sent, moves, batches } = await oneAndMore("a", "b");
    await sent[0]!.fail(what);
    expect(batches.isResting).toBe(false);
    await sent[1]!.fail(what);
    expect(moves).toMatchObject([{ reason: { code: "PROTOCOL_ERROR" } }, { reason: { code: "PROTOCOL_ERROR" } }]);
    expect(batches.isResting).toBe(true);
    vi.advanceTimersByTime(60_000);
    expect(batches.isResting).toBe(false);
  });

  it("and took one before gets another, and its chunks go alone this once", async () => {
    const { sent, batches } = await oneAndMore("a", "b");
    await sent[0]!.answer();
    await sent[1]!.answer();
    for (const isResting of [false, true]) {
      const due = ["one", "c", "d"].map((name) => batches.moveIfSmall(chunk(name), never));
      await settle();
      const [batch] = sent.slice(-1);
      expect(batch!.names).toEqual(["one", "c", "d"]);
      await batch!.fail(new AppError("PROTOCOL_ERROR", "the peer gave the stream up"));
      expect(await Promise.all(due)).toEqual([false, false, false]);
      expect(batches.isResting).toBe(isResting);
    }
  });

  it("is not what it is where one chunk of a batch is answered so", async () => {
    const { sent, batches } = await oneAndMore();
    await sent[0]!.answer();
    const due = ["a", "b"].map((name) => batches.moveIfSmall(chunk(name), never));
    await settle();
    const refused = expect(due[0]).rejects.toBe(what);
    await sent[1]!.answer({ a: what });
    await refused;
    expect(await due[1]).toBe(true);
    expect(batches.isResting).toBe(false);
  });
});
