import { expect } from "vitest";
import type { DataPath } from "./data-path.fixture.ts";

/** For tests: a file as a reader gets it, whatever nodes do. */
export async function download(path: DataPath, fileId: string): Promise<Buffer> {
  const response = await path.call(`/api/v1/files/${fileId}/download`);
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

/** For tests: what was noted of nodes' copies, by the reason. */
export async function badReplicas(path: DataPath): Promise<Readonly<Record<string, number>>> {
  const metric = await path.registry.getSingleMetric("commonhold_bad_replicas_total")!.get();
  return Object.fromEntries(metric.values.map(({ labels, value }) => [String(labels["reason"]), value]));
}
