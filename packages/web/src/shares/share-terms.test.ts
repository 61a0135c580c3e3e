import { describe, expect, it } from "vitest";
import { isUsable, readTerms, type Share, USUAL_TERMS } from "./share-terms.ts";

describe("terms as they are written", () => {
  it("end after a week, and ask for nothing, unless the person wants otherwise", () => {
    expect(readTerms(USUAL_TERMS)).toEqual({ expires_in_s: 604_800 });
    expect(readTerms({ expiry: "never", password: " ", downloads: " 3 " })).toEqual({
      password: " ",
      downloads_max: 3,
    });
  });

  it.each(["0", "-1", "1.5", "many", "1000001", "1e3", "99999999"])("%s is no number of downloads", (downloads) => {
    expect(readTerms({ ...USUAL_TERMS, downloads })).toBeUndefined();
  });
});

describe("a link", () => {
  const share: Share = {
    id: "s",
    file_id: "f",
    filename: "a.txt",
    token: "t",
    url_path: "/shared/t",
    has_password: false,
    sealed: false,
    expires_at: "2026-01-02T00:00:00.000Z",
    downloads: 1,
    downloads_max: 2,
    created_at: "2026-01-01T00:00:00.000Z",
  };
  const nowMs = Date.parse("2026-01-01T12:00:00.000Z");

  it("leads somewhere until it ends, is used up, or its file is deleted", () => {
    expect(isUsable(share, nowMs)).toBe(true);
    expect(isUsable({ ...share, expires_at: null, downloads_max: null }, nowMs)).toBe(true);
    expect(isUsable(share, nowMs + 43_200_000)).toBe(false);
    expect(isUsable({ ...share, downloads: 2 }, nowMs)).toBe(false);
    expect(isUsable({ ...share, file_id: null }, nowMs)).toBe(false);
  });
});
