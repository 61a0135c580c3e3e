import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { largeRealFile, realFiles, sha256OfFile, unseenRealFile } from "./harness/real-files.ts";
import { TestNetwork } from "./harness/test-network.ts";
import { downloadDigest, uploadPath } from "./harness/transfers.ts";
import { waitUntil } from "./harness/wait-until.ts";

let network: TestNetwork;

beforeAll(async () => {
  network = await TestNetwork.start(4);
});
afterAll(() => network.stop());

describe("a node that dies", () => {
  it("ten uploads at once of real files give back every byte", async () => {
    const client = await network.client();
    const files = [...(await realFiles()), ...(await realFiles())].slice(0, 10);
    const stored = await Promise.all(
      files.map((file, index) => uploadPath(client, file.path, { name: `${index}-${file.name}` })),
    );
    for (const [index, file] of files.entries()) {
      expect(await downloadDigest(client, stored[index]!.file_id), file.path).toBe(await sha256OfFile(file.path));
    }
  });

  it("is not noticed during an upload, nor during a download, and gets its copies when it is back", async () => {
    const client = await network.client();
    const file = await largeRealFile();
    const digest = await sha256OfFile(file.path);

    let killed = false;
    const stored = await uploadPath(client, file.path, {
      onProgress: ({ doneBytes }) => {
        if (killed || doneBytes < file.sizeBytes / 4) return;
        killed = true;
        network.node("node-2").signal("SIGKILL");
      },
    });
    expect(killed).toBe(true);
    expect(await downloadDigest(client, stored.file_id)).toBe(digest);

    network.startNode("node-2");
    await waitUntil("all copies", async () => {
      const { replicas } = await client.files.stat(stored.file_id);
      return replicas?.pending === 0 && replicas.min >= 3;
    });

    let received = 0;
    let killedAgain = false;
    const hash = createHash("sha256");
    await client.download(stored.file_id, {
      write: async (bytes) => {
        hash.update(bytes);
        received += bytes.byteLength;
        if (killedAgain || received < file.sizeBytes / 4) return;
        killedAgain = true;
        network.node("node-3").signal("SIGKILL");
      },
      truncate: () => Promise.reject(new Error("the download was cut although only a node died")),
    });
    expect(killedAgain).toBe(true);
    expect(hash.digest("hex")).toBe(digest);
    network.startNode("node-3");
    await network.waitForActive(4);
  });

  it("leaves uploads possible with two nodes of four, and a clear refusal with one", async () => {
    const client = await network.client();
    const file = await unseenRealFile();
    await Promise.all(["node-3", "node-4"].map((name) => network.node(name).end("SIGKILL")));
    const stored = await uploadPath(client, file.path, { name: "with-two-nodes" });
    expect(await downloadDigest(client, stored.file_id)).toBe(await sha256OfFile(file.path));

    await network.node("node-2").end("SIGKILL");
    const refused = await network.call("/api/v1/files?filename=alone", {
      method: "POST",
      body: "some bytes that no other file has",
    });
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ error: { code: "NOT_ENOUGH_NODES" } });

    for (const name of ["node-2", "node-3", "node-4"]) network.startNode(name);
    await waitUntil("all copies", async () => {
      const { replicas } = await client.files.stat(stored.file_id);
      return replicas?.pending === 0 && replicas.min >= 3;
    });
  });
});
