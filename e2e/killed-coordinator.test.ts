import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { largeRealFile, realFiles, sha256OfFile } from "./harness/real-files.ts";
import { TestNetwork } from "./harness/test-network.ts";
import { downloadDigest, uploadPath } from "./harness/transfers.ts";

let network: TestNetwork;

beforeAll(async () => {
  network = await TestNetwork.start(4);
});
afterAll(() => network.stop());

describe("a coordinator that is killed", () => {
  it("in the middle of an upload: the upload goes on when it is back, and nothing acknowledged is missing", async () => {
    const client = await network.client();
    const before = await Promise.all(
      (await realFiles()).slice(0, 4).map(async (file) => ({ file, stored: await uploadPath(client, file.path) })),
    );
    const file = await largeRealFile();
    let restarted: Promise<void> | undefined;
    let sessionId = "";
    let acknowledged = 0;
    const stored = await uploadPath(client, file.path, {
      onSession: (session) => {
        sessionId = session.session_id;
      },
      onProgress: ({ doneBytes }) => {
        if (restarted !== undefined || doneBytes < file.sizeBytes / 3) return;
        acknowledged = doneBytes;
        restarted = network.coordinator.end("SIGKILL").then(() => network.startCoordinator());
      },
    });
    await restarted;
    expect(acknowledged).toBeGreaterThan(0);
    expect(sessionId).not.toBe("");
    expect(await downloadDigest(client, stored.file_id)).toBe(await sha256OfFile(file.path));
    for (const { file: small, stored: kept } of before) {
      expect(await downloadDigest(client, kept.file_id), small.path).toBe(await sha256OfFile(small.path));
    }
  });

  it("has, when it is back, every chunk that it acknowledged", async () => {
    const client = await network.client();
    const file = await largeRealFile();
    const interrupted = new AbortController();
    let sessionId = "";
    let fileId = "";
    let acknowledgedBytes = 0;
    await expect(
      uploadPath(client, file.path, {
        name: "interrupted",
        signal: interrupted.signal,
        onSession: (session) => {
          sessionId = session.session_id;
          fileId = session.file_id;
        },
        onProgress: ({ doneBytes }) => {
          acknowledgedBytes = doneBytes;
          if (doneBytes < file.sizeBytes / 2) return;
          interrupted.abort(new Error("interrupted"));
        },
      }),
    ).rejects.toThrow();
    await network.coordinator.end("SIGKILL");
    await network.startCoordinator();
    await network.waitForActive(4);

    const progress = (await (await network.call(`/api/v1/files/upload/${sessionId}`)).json()) as {
      received: number;
      chunk_size: number;
    };
    expect(progress.received * progress.chunk_size).toBeGreaterThanOrEqual(acknowledgedBytes);
    const stored = await uploadPath(client, file.path, { name: "interrupted", resumeSessionId: sessionId });
    expect(stored.file_id).toBe(fileId);
    expect(await downloadDigest(client, stored.file_id)).toBe(await sha256OfFile(file.path));
  });

  it("that is told to stop lets the request under way end, and ends cleanly", async () => {
    const bytes = new Uint8Array(randomBytes(24_000_000));
    let sent = 0;
    let stopped: Promise<number | null> | undefined;
    const body = new ReadableStream({
      pull: (controller) => {
        controller.enqueue(bytes.subarray(sent, sent + 1_000_000));
        sent += 1_000_000;
        if (sent === 12_000_000) stopped = network.coordinator.end("SIGTERM");
        if (sent >= bytes.length) controller.close();
      },
    });
    const answer = await network.call("/api/v1/files?filename=last", { method: "POST", body, duplex: "half" });
    expect(answer.status).toBe(201);
    const { file_id } = (await answer.json()) as { file_id: string };
    expect(await stopped).toBe(0);
    await network.startCoordinator();
    const back = await network.call(`/api/v1/files/${file_id}/download`);
    expect(Buffer.from(await back.arrayBuffer()).equals(bytes)).toBe(true);
  });
});
