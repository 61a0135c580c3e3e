import type { NodeId, UserId } from "../ids.ts";
import type { CountedCopy } from "./count-byte-ms.ts";

/** Sums up to here are kept as plain numbers, which is exact; one product of a chunk and a day adds less than 2⁵². */
const EXACT_MAX = 2 ** 52;

/** Byte-milliseconds of a day by node and by owner. What is added for a node is added for the owner, so that both sums are one. */
export class ByteMsTally {
  readonly #nodes = new Map<NodeId, Sum>();
  readonly #owners = new Map<UserId, Sum>();

  /** @param sealedLength at most 50,000,000 bytes */
  add(chunk: { readonly ownerId: UserId; readonly sealedLength: number }, copies: readonly CountedCopy[]): void {
    for (const { nodeId, countedMs } of copies) {
      const byteMs = chunk.sealedLength * countedMs;
      sumOf(this.#nodes, nodeId).add(byteMs);
      sumOf(this.#owners, chunk.ownerId).add(byteMs);
    }
  }

  ofNodes(): ReadonlyMap<NodeId, bigint> {
    return totals(this.#nodes);
  }

  ofOwners(): ReadonlyMap<UserId, bigint> {
    return totals(this.#owners);
  }
}

class Sum {
  #whole = 0n;
  #recent = 0;

  add(byteMs: number): void {
    if (byteMs > EXACT_MAX) throw new RangeError(`${byteMs} byte-milliseconds of one copy cannot be counted exactly`);
    this.#recent += byteMs;
    if (this.#recent < EXACT_MAX) return;
    this.#whole += BigInt(this.#recent);
    this.#recent = 0;
  }

  total(): bigint {
    return this.#whole + BigInt(this.#recent);
  }
}

function sumOf<Id>(sums: Map<Id, Sum>, id: Id): Sum {
  let sum = sums.get(id);
  if (sum === undefined) sums.set(id, (sum = new Sum()));
  return sum;
}

function totals<Id>(sums: ReadonlyMap<Id, Sum>): ReadonlyMap<Id, bigint> {
  return new Map([...sums].map(([id, sum]) => [id, sum.total()]));
}
