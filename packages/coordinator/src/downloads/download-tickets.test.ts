import { AppError } from "@commonhold/core/app-error.ts";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import { type FileId, type UserId, uuidV7 } from "@commonhold/core/ids.ts";
import { beforeEach, describe, expect, it } from "vitest";
import { createAccessTokens } from "../accounts/access-tokens.ts";
import { ManualClock } from "../http/api.fixture.ts";
import { createDownloadTickets, type DownloadTickets } from "./download-tickets.ts";
import { contentHeadersFor } from "./inline-types.ts";
import { acceptTickets, dispositionOf } from "./ticket-authentication.ts";

const uuid = () => uuidV7(Date.now(), systemRandom.bytes(10));
const terms = { fileId: uuid() as FileId, userId: uuid() as UserId, disposition: "inline" } as const;

let clock: ManualClock;
let key: Uint8Array;
let tickets: DownloadTickets;
beforeEach(async () => {
  clock = new ManualClock();
  key = systemRandom.bytes(32);
  tickets = await createDownloadTickets({ clock, key }, { ttlS: 3600 });
});

describe("a ticket", () => {
  it("says again what it was made for, for an hour", async () => {
    const { ticket, expiresAtMs } = await tickets.issue(terms);
    expect(expiresAtMs - clock.nowMs()).toBeGreaterThan(3_598_000);
    clock.advance(3_590_000);
    expect(await tickets.verify(ticket)).toEqual(terms);
    clock.advance(20_000);
    await expect(tickets.verify(ticket)).rejects.toMatchObject({ code: "TOKEN_EXPIRED" });
  });

  it("is none of another key, is no access token, and an access token is no ticket", async () => {
    const accessTokens = await createAccessTokens({ clock, key, random: systemRandom }, { ttlS: 900 });
    const { ticket } = await tickets.issue(terms);
    await expect(accessTokens.verify(ticket)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    const access = await accessTokens.issue({ id: terms.userId, role: "user" });
    await expect(tickets.verify(access)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    const others = await createDownloadTickets({ clock, key: systemRandom.bytes(32) }, { ttlS: 3600 });
    await expect(others.verify(ticket)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    for (const broken of ["", "x", `${ticket}x`, ticket.split(".").slice(0, 2).join(".")]) {
      await expect(tickets.verify(broken)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    }
  });
});

describe("a request with a ticket", () => {
  const request = (url: string, headers: Record<string, string> = {}) => ({ raw: { url, headers } }) as never;
  const refuse = async () => {
    throw new Error("asked for an access token");
  };

  it("is of no use once its owner's account is shut", async () => {
    const requireOpenAccount = async () => {
      throw new AppError("ACCOUNT_DISABLED", "shut");
    };
    const authenticate = acceptTickets(tickets, { requireUser: refuse, requireOpenAccount });
    const { ticket } = await tickets.issue(terms);
    const own = request(`/api/v1/files/${terms.fileId}/download?ticket=${ticket}`);
    await expect(authenticate(own)).rejects.toMatchObject({ code: "ACCOUNT_DISABLED" });
  });

  it("reads its own file alone, and signs in as anywhere where it has a header", async () => {
    const authenticate = acceptTickets(tickets, { requireUser: refuse, requireOpenAccount: async () => undefined });
    const { ticket } = await tickets.issue(terms);
    const own = request(`/api/v1/files/${terms.fileId}/download?ticket=${ticket}`);
    await authenticate(own);
    expect(dispositionOf(own)).toBe("inline");
    const other = request(`/api/v1/files/${uuid()}/download?ticket=${ticket}`);
    await expect(authenticate(other)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    expect(dispositionOf(other)).toBe("attachment");
    for (const plain of [request("/api/v1/files/x/download"), request("/?ticket=x", { authorization: "Bearer y" })]) {
      await expect(authenticate(plain)).rejects.toThrow("asked for an access token");
    }
  });
});

describe("what is shown inline", () => {
  it.each(["image/png", "IMAGE/JPEG", "video/mp4", "audio/mpeg", "text/plain; charset=utf-8"])(
    "%s, sandboxed",
    (type) => {
      const { disposition, security } = contentHeadersFor(type, "inline");
      expect(disposition).toBe("inline");
      expect(security["content-security-policy"]).toMatch(/^sandbox; default-src 'none'/);
    },
  );

  it.each([
    "image/svg+xml",
    "text/html",
    "application/xhtml+xml",
    "text/xml",
    "application/javascript",
    "text/css",
    "",
  ])("not %s, whatever is asked", (type) =>
    expect(contentHeadersFor(type, "inline")).toEqual({ disposition: "attachment", security: {} }),
  );

  it("PDF outside of a sandbox, where nothing else runs", () => {
    const { disposition, security } = contentHeadersFor("application/pdf", "inline");
    expect(disposition).toBe("inline");
    expect(security["content-security-policy"]).toMatch(/^default-src 'none'; object-src 'self';/);
  });

  it("nothing that was asked to be saved", () => {
    expect(contentHeadersFor("image/png", "attachment").disposition).toBe("attachment");
  });
});
