import { afterEach, expect, it, vi } from "vitest";
import { entryOfFolder, folderToBe, isToBe } from "./entry.ts";

afterEach(() => vi.unstubAllGlobals());

it("shows folders that are being made where the page is plain http from another machine: browsers have less there", () => {
  vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
  const [one, other] = [folderToBe("Notes", null), folderToBe("Notes", null)];
  expect(one).toMatchObject({ name: "Notes", parent_id: null });
  expect(isToBe(entryOfFolder(one))).toBe(true);
  expect(one.id).not.toBe(other.id);
});
