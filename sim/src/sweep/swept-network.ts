import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { RepairNodes } from "@commonhold/coordinator/repair/repair-nodes.ts";
import { SeededRandom } from "../chance/seeded-random.ts";

const COPIES = 3;
const CHUNK_BYTES = 4 * 1024 ** 2;
/** Nodes that are away, so that there is something to find. */
const AWAY_SHARE = 0.02;
/** So many digits of the names tell chunks apart. */
const DIGITS = 12;
const NAME_DIGITS = 64;

export interface SweepSize {
  readonly nodes: number;
  readonly chunks: number;
}

export interface SweptChunk {
  readonly name: ChunkName;
  readonly sealedLength: number;
  readonly holders: readonly NodeId[];
}

/** Chunks that are spread evenly over names and nodes, in the order of names. */
export function* sweptChunks({ nodes, chunks }: SweepSize): Generator<SweptChunk> {
  const random = new SeededRandom(1);
  const step = 16 ** DIGITS / chunks;
  for (let i = 0; i < chunks; i++) {
    const digits = Math.floor(i * step)
      .toString(16)
      .padStart(DIGITS, "0");
    // From bytes: what is joined from pieces would be kept in pieces.
    const name = Buffer.from(digits.padEnd(NAME_DIGITS, "0"), "latin1").toString("latin1") as ChunkName;
    const holders = random.sample(NEIGHBOURS, COPIES).map((neighbour) => nodeName((i * 31 + neighbour) % nodes));
    yield { name, sealedLength: CHUNK_BYTES, holders };
  }
}

/** As many candidates as the smallest network has nodes, so that no node comes twice. */
const NEIGHBOURS = [0, 1, 2, 3, 4, 5] as const;

export function sweptNodes({ nodes }: SweepSize): Pick<RepairNodes, "standingOf" | "awaySinceMs"> {
  const away = new Set(Array.from({ length: Math.ceil(nodes * AWAY_SHARE) }, (_, number) => nodeName(number)));
  return {
    standingOf: (nodeId) => (away.has(nodeId) ? "offline" : "live"),
    awaySinceMs: (nodeId) => (away.has(nodeId) ? 0 : undefined),
  };
}

const names = new Map<number, NodeId>();

function nodeName(number: number): NodeId {
  let name = names.get(number);
  if (name === undefined) names.set(number, (name = `node-${number}` as NodeId));
  return name;
}
