import { randomBytes } from "node:crypto";
import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AuditPage } from "@commonhold/client/audits.ts";
import type { CommonholdClient } from "@commonhold/client/commonhold-client.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sha256OfFile } from "./harness/real-files.ts";
import { chunkFiles } from "./harness/stored-state.ts";
import { TestNetwork } from "./harness/test-network.ts";
import { downloadDigest, uploadPath } from "./harness/transfers.ts";
import { waitUntil } from "./harness/wait-until.ts";

const FILE_BYTES = 24_000_000;
/** The shortest there is: every copy within 72 seconds. */
const AUDITED_OFTEN = { COMMONHOLD_COORDINATOR_AUDITS_INTERVAL_HOURS: "0.02" };

let network: TestNetwork;
let client: CommonholdClient;
let path: string;
let fileId: string;

beforeAll(async () => {
  network = await TestNetwork.start(4, { envOf: (role) => (role === "coordinator" ? AUDITED_OFTEN : {}) });
  client = await network.client();
  path = join(network.folder, "lecture.bin");
  await writeFile(path, randomBytes(FILE_BYTES));
  fileId = (await uploadPath(client, path)).file_id;
});
afterAll(() => network.stop());

describe("nodes that are audited", () => {
  it("show their bytes, and are told so", async () => {
    const names = [...network.nodes.keys()];
    const pages = await Promise.all(names.map((name) => auditsOf(name, (page) => hasOutcome(page, "passed"))));
    for (const { items, summary } of pages) {
      expect(
        items.every((audit) => audit.chunks.every(({ outcome }) => outcome === null || outcome === "passed")),
      ).toBe(true);
      expect(summary.reputation).toMatchObject({ standing: "vetting", audit_score: 1, error_score: 1 });
    }
  });

  it("report what rotted on a disk: it is made anew, and costs no reputation", async () => {
    const rotten = chunkFiles(network, "node-1");
    expect(rotten.length).toBeGreaterThan(0);
    for (const name of rotten) {
      await flipByte(join(network.nodeFolder("node-1"), "chunks", name.slice(0, 1), name.slice(1, 2), name));
    }
    const { items, summary } = await auditsOf("node-1", (page) => hasOutcome(page, "lost"));
    const found = items.flatMap((audit) => audit.chunks).find(({ outcome }) => outcome === "lost");
    expect(rotten).toContain(found?.chunk);
    expect(found?.why).not.toBe("");
    expect(summary.reputation).toMatchObject({ audit_score: 1, error_score: 1 });
    await waitUntil("whole again", async () => {
      const { replicas } = await client.files.stat(fileId);
      return replicas !== undefined && replicas.min >= 3 && replicas.pending === 0;
    });
    expect(await downloadDigest(client, fileId)).toBe(await sha256OfFile(path));
  });

  it("are asked by seeds of a key that is published when the day is over", async () => {
    const { value: today } = await client.audits.periods()[Symbol.asyncIterator]().next();
    expect(today).toMatchObject({ commitment: expect.stringMatching(/^[0-9a-f]{64}$/) as string, key: null });
  });
});

async function auditsOf(name: string, isThere: (page: AuditPage) => boolean): Promise<AuditPage> {
  const node = (await network.listNodes()).find((listed) => listed.name === name)!;
  return waitUntil(
    `the audits of ${name}`,
    async () => {
      const page = await client.audits.ofNode(node.id, { limit: 200 });
      return isThere(page) && page;
    },
    150_000,
  );
}

function hasOutcome({ items }: AuditPage, outcome: string): boolean {
  return items.some((audit) => (audit.outcomes[outcome] ?? 0) > 0);
}

async function flipByte(file: string): Promise<void> {
  const handle = await open(file, "r+");
  try {
    const { size } = await handle.stat();
    const at = Math.floor(size / 2);
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, at);
    await handle.write(Buffer.of(buffer[0]! ^ 1), 0, 1, at);
  } finally {
    await handle.close();
  }
}
