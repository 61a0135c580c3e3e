import { afterEach, describe, expect, it, vi } from "vitest";
import { fileNameOf, gather, type PiecesToSave, savePieces } from "./save-pieces.ts";

afterEach(() => vi.unstubAllGlobals());

const pieces = (...lengths: readonly number[]) =>
  async function* () {
    for (const [index, length] of lengths.entries()) yield new Uint8Array(length).fill(index);
  };

function wanted(read: PiecesToSave["read"], onProgress: (bytes: number) => void = () => undefined): PiecesToSave {
  return {
    name: "a.txt",
    mediaType: "text/plain",
    sizeBytes: 0,
    read,
    signal: new AbortController().signal,
    onProgress,
  };
}

/** A disk with one place to write to. */
function fakeDisk() {
  const events: string[] = [];
  const file = {
    write: async (piece: Uint8Array) => void events.push(`write ${piece.length}`),
    close: async () => void events.push("close"),
    abort: async () => void events.push("abort"),
  };
  vi.stubGlobal("showSaveFilePicker", async ({ suggestedName }: { suggestedName: string }) => {
    events.push(`pick ${suggestedName}`);
    return { createWritable: async () => file };
  });
  return events;
}

it.each([
  ["letter.txt", "letter.txt"],
  ["../../.ssh/authorized_keys", "authorized_keys"],
  ["C:\\Windows\\evil.dll", "evil.dll"],
  [".bashrc", "bashrc"],
  ["a\u202Etxt.exe", "a_txt.exe"],
  ["line\nbreak<b>", "line_break_b_"],
  ["...", "file"],
])("%j is saved as %j", (name, saved) => expect(fileNameOf(name)).toBe(saved));

describe("what comes in pieces", () => {
  it("goes to disk one after the other, and is closed at the end", async () => {
    const events = fakeDisk();
    const told: number[] = [];
    expect(await savePieces(wanted(pieces(3, 2), (bytes) => told.push(bytes)))).toBe(true);
    expect(events).toEqual(["pick a.txt", "write 3", "write 2", "close"]);
    expect(told).toEqual([3, 5]);
  });

  it("leaves nothing where it fails half-way", async () => {
    const events = fakeDisk();
    const broken = async function* () {
      yield new Uint8Array(3);
      throw new Error("not genuine");
    };
    await expect(savePieces(wanted(broken))).rejects.toThrow("not genuine");
    expect(events).toEqual(["pick a.txt", "write 3", "abort"]);
  });

  it("is not read where no place was picked", async () => {
    vi.stubGlobal("showSaveFilePicker", async () => {
      throw new DOMException("not now", "AbortError");
    });
    const read = vi.fn(pieces(1));
    expect(await savePieces(wanted(read))).toBe(false);
    expect(read).not.toHaveBeenCalled();
  });

  it("is gathered in its order, whatever its length", async () => {
    const mebibyte = 1024 * 1024;
    const blob = await gather(wanted(pieces(7 * mebibyte, 2 * mebibyte, 5)));
    expect([blob.size, blob.type]).toEqual([9 * mebibyte + 5, "text/plain"]);
    const bytes = new Uint8Array(await blob.arrayBuffer());
    expect([bytes[0], bytes[7 * mebibyte - 1], bytes[7 * mebibyte], bytes.at(-1)]).toEqual([0, 0, 1, 2]);
  });
});
