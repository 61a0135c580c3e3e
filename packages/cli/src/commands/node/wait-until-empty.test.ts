import { AppError } from "@commonhold/core/app-error.ts";
import { describe, expect, it } from "vitest";
import type { NodeStatus } from "../../roles/node-admin.ts";
import { waitUntilEmpty } from "./wait-until-empty.ts";

type DrainedNode = Pick<NodeStatus, "name" | "draining" | "safe_to_stop" | "drain" | "storage">;

const DRAINING: DrainedNode = {
  name: "attic",
  draining: true,
  safe_to_stop: false,
  drain: null,
  storage: {
    capacity_bytes: 100,
    used_bytes: 10,
    free_bytes: 90,
    free_bytes_own: 90,
    own_bytes: 0,
    wanted_free_bytes: 0,
    chunk_count: 7,
    damaged_count: 0,
    unreported_losses: 0,
  },
};
const left = (chunks: number, bytes: number): DrainedNode => ({
  ...DRAINING,
  drain: { chunks_left: chunks, bytes_left: bytes, waiting: [] },
});
const empty: DrainedNode = { ...left(0, 0), safe_to_stop: true };

/** Waits over the answers given, one a look; an error is thrown. */
async function wait(answers: readonly (DrainedNode | Error)[], { json = false, begun = DRAINING } = {}) {
  const notes: string[] = [];
  const lines: string[] = [];
  const rest = [...answers];
  const controller = new AbortController();
  const node = await waitUntilEmpty(
    {
      status: async () => {
        const answer = rest.shift();
        if (answer === undefined) throw new Error("asked once too often");
        if (answer instanceof Error) throw answer;
        return answer as NodeStatus;
      },
      sleep: async () => void (rest.length === 0 && controller.abort(new Error("given up"))),
      output: { json, note: (text) => void notes.push(text), line: (text) => void lines.push(text) },
    },
    begun as NodeStatus,
    controller.signal,
  );
  return { node, notes, lines, rest };
}

describe("waiting for a drain", () => {
  it("tells what is left whenever that changes, and the end", async () => {
    const { notes, lines, node } = await wait([DRAINING, left(3, 12e6), left(3, 12e6), left(1, 4e6), empty]);
    expect(notes).toEqual(["3 chunks (12 MB) left to copy elsewhere", "1 chunk (4 MB) left to copy elsewhere"]);
    expect(lines).toEqual(["attic: every copy stands elsewhere, it is safe to stop"]);
    expect(node.safe_to_stop).toBe(true);
  });

  it("says why chunks wait", async () => {
    const waiting = [
      { reason: "no_node_with_room", chunks: 3 },
      { reason: "something_new", chunks: 1 },
    ];
    const stuck = { ...DRAINING, drain: { chunks_left: 4, bytes_left: 16e6, waiting } };
    expect((await wait([stuck, stuck, empty])).notes).toEqual([
      "4 chunks (16 MB) left to copy elsewhere; 3 chunks wait: no other node has room: free some, or add a node; " +
        "1 chunk waits: something_new",
    ]);
  });

  it("asks nothing where the node is empty already", async () => {
    const { lines, rest } = await wait([empty], { begun: empty });
    expect(lines).toEqual([]);
    expect(rest).toHaveLength(1);
  });

  it("writes no line among the document of --json", async () => {
    expect((await wait([left(1, 1), empty], { json: true })).lines).toEqual([]);
  });

  it("fails where somebody cancels the drain, or the node stops", async () => {
    await expect(wait([left(3, 3), { ...DRAINING, draining: false }])).rejects.toMatchObject({
      code: "CONCURRENT_CHANGE",
    });
    const stopped = new AppError("NODE_UNREACHABLE", "no node answers");
    await expect(wait([left(3, 3), stopped])).rejects.toBe(stopped);
  });

  it("can be given up", async () => {
    await expect(wait([left(3, 3)])).rejects.toThrow("given up");
  });
});
