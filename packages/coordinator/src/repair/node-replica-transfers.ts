import { createHash } from "node:crypto";
import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import { type InventorySummary, InventorySummaryBuilder } from "@commonhold/core/repair/inventory-summary.ts";
import type { Exchange } from "@commonhold/p2p/peer-host.ts";
import { requestDeleteChunk } from "@commonhold/wire/exchanges/delete-chunk.ts";
import { requestInventory, requestInventorySummary } from "@commonhold/wire/exchanges/inventory.ts";
import { EXCHANGE_TIMEOUT_MS, INVENTORY_PAGE_MAX, PROTOCOLS } from "@commonhold/wire/protocols.ts";
import { createNodeGate, type NodeGate, type NodeGateLimits } from "../transfers/node-gate.ts";
import type { NodeTransfersDeps } from "../transfers/node-exchange.ts";
import type { NodeTransfers } from "../transfers/node-transfers.ts";
import type { InventoryQuery, ReplicaTransfers } from "./replica-transfers.ts";

/** Beside what moves chunks for people, so that neither waits for the other. */
const GATE_LIMITS: NodeGateLimits = { concurrentPerNodeMax: 4, queuedPerNodeMax: 256, restMs: 5_000 };

export interface NodeReplicaTransfersDeps extends Omit<NodeTransfersDeps, "operatorOf"> {
  readonly transfers: Pick<NodeTransfers, "replicate">;
}

type Call<T> = (exchange: Exchange) => Promise<T>;

/** The exchanges with real nodes, within each node's limits. */
export function createNodeReplicaTransfers(deps: NodeReplicaTransfersDeps): ReplicaTransfers {
  const gates = new Map<NodeId, NodeGate>();
  const gateOf = (nodeId: NodeId): NodeGate => {
    let gate = gates.get(nodeId);
    if (gate === undefined) gates.set(nodeId, (gate = createNodeGate(nodeId, GATE_LIMITS, deps.clock)));
    return gate;
  };
  const call = <T>(
    nodeId: NodeId,
    kind: "deleteChunk" | "inventory",
    { run, signal }: { readonly run: Call<T>; readonly signal: AbortSignal },
  ): Promise<T> =>
    gateOf(nodeId).run(signal, (attempt) => {
      const target = deps.target(nodeId);
      if (target === undefined) throw new AppError("NODE_NOT_FOUND", `node ${nodeId} is not a member`);
      const options = { signal: attempt, timeoutMs: EXCHANGE_TIMEOUT_MS[kind] };
      return deps.metrics.measure(kind, () => deps.host.exchange(target, PROTOCOLS[kind], run, options));
    });

  const inventory = (nodeId: NodeId, query: InventoryQuery, signal: AbortSignal) =>
    call(nodeId, "inventory", {
      signal,
      run: async ({ stream }) => {
        const grant = deps.grants.issue({ action: "inventory", nodeId });
        const { chunkNames: names, more } = await requestInventory(stream, { ...query, grant });
        return { names, more };
      },
    });

  return {
    replicate: (target, from, signal) => deps.transfers.replicate(target, from, signal),
    delete: (nodeId, { name, epoch }, signal) =>
      call(nodeId, "deleteChunk", {
        signal,
        run: async ({ stream }) => {
          const grant = deps.grants.issue({ action: "delete", nodeId, name, epoch });
          const { storedAnew } = await requestDeleteChunk(stream, { grant, chunkName: name });
          return storedAnew ? "stored_anew" : "deleted";
        },
      }),
    inventory,
    inventorySummary: async (nodeId, signal) => {
      try {
        return await call(nodeId, "inventory", {
          signal,
          run: ({ stream }) =>
            requestInventorySummary(stream, { grant: deps.grants.issue({ action: "inventory", nodeId }) }),
        });
      } catch (error) {
        if (!hasCode(error, "PROTOCOL_ERROR")) throw error;
        // A node of an older version knows of no summaries.
        return await summarise((after) => {
          const limit = INVENTORY_PAGE_MAX;
          return inventory(nodeId, after === undefined ? { limit } : { after, limit }, signal);
        });
      }
    },
  };
}

async function summarise(
  page: (after: ChunkName | undefined) => ReturnType<ReplicaTransfers["inventory"]>,
): Promise<InventorySummary> {
  const builder = new InventorySummaryBuilder((...parts) => {
    const hash = createHash("sha256");
    for (const part of parts) hash.update(part);
    return hash.digest();
  });
  for (let after: ChunkName | undefined; ; ) {
    const { names, more } = await page(after);
    for (const name of names) builder.add(name);
    if (!more) return builder.finish();
    after = names.at(-1);
  }
}
