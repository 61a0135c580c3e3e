import { NODE_STATUSES, type NodeStatus } from "@commonhold/core/failure/node-status.ts";
import { Gauge, type Registry } from "prom-client";

/** How many nodes stand how, asked at every reading. */
export function registerNodeMetrics(registry: Registry, counts: () => Readonly<Record<NodeStatus, number>>): void {
  const nodes = new Gauge({
    name: "commonhold_nodes",
    help: "Nodes by state",
    labelNames: ["state"],
    registers: [registry],
    collect: () => {
      const now = counts();
      for (const state of NODE_STATUSES) nodes.set({ state }, now[state]);
    },
  });
}
