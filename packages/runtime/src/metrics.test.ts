import { Counter } from "prom-client";
import { expect, it } from "vitest";
import { createMetrics } from "./metrics.ts";

it("createMetrics keeps each role's metrics apart, with the process's own and the build", async () => {
  const node = createMetrics({ role: "node", version: "1.2.3" });
  const coordinator = createMetrics({ role: "coordinator", version: "1.2.3" });
  new Counter({ name: "chunks_stored_total", help: "Chunks.", registers: [node.registry] }).inc(2);
  const text = await node.text();
  expect(text).toContain("chunks_stored_total 2");
  expect(text).toContain('commonhold_build_info{role="node",version="1.2.3"} 1');
  expect(text).toContain("process_resident_memory_bytes");
  expect(await coordinator.text()).not.toContain("chunks_stored_total");
  expect(node.contentType).toContain("text/plain");
});
