import { chunkNameOf } from "@commonhold/chunk/merkle.ts";
import { AppError } from "@commonhold/core/app-error.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import { BufferPool } from "@commonhold/runtime/buffer-pool.ts";
import { describe, expect, it } from "vitest";
import { createCopyCheck } from "./copy-check.ts";

const sealed = new TextEncoder().encode("sealed bytes");
const chunk = { name: chunkNameOf(sealed), sealedLength: sealed.byteLength };
const never = new AbortController().signal;

function checkOf(answer: Uint8Array | AppError): Promise<boolean> {
  const check = createCopyCheck({
    transfers: { retrieve: async () => (answer instanceof AppError ? Promise.reject(answer) : answer) },
    buffers: { sealed: new BufferPool({ bufferBytes: 64, idleMax: 1 }) },
  });
  return check("a" as NodeId, chunk, never);
}

describe("the check of a copy", () => {
  it("believes the bytes and nothing else", async () => {
    expect(await checkOf(sealed)).toBe(true);
    expect(await checkOf(new TextEncoder().encode("sealed bytez"))).toBe(false);
    expect(await checkOf(sealed.subarray(1))).toBe(false);
    expect(await checkOf(new AppError("CHUNK_NOT_FOUND", "not here"))).toBe(false);
    await expect(checkOf(new AppError("NODE_UNREACHABLE", "away"))).rejects.toMatchObject({ code: "NODE_UNREACHABLE" });
  });
});
