import { setImmediate } from "node:timers/promises";
import { commands } from "@commonhold/metadata/commands/registry.ts";
import type { CommandName, Metadata } from "@commonhold/metadata/metadata.ts";
import { beforeEach, describe, expect, it } from "vitest";
import { createLogFixture } from "../http/http.fixture.ts";
import { announceCommands, isAnnounced } from "./announce-commands.ts";
import type { Announcement } from "./live-event.ts";

let told: (Announcement | string)[];
let applied: string[];
let result: unknown;
let metadata: Pick<Metadata, "apply">;
let fixture: ReturnType<typeof createLogFixture>;
beforeEach(() => {
  told = [];
  applied = [];
  result = null;
  fixture = createLogFixture();
  const engine = {
    apply: async (name: string) => {
      if (name === "file.delete") throw new Error("refused");
      applied.push(name);
      return result;
    },
  } as unknown as Metadata;
  metadata = announceCommands(engine, {
    logger: fixture.logger,
    events: {
      announce: (announcement) => void told.push(announcement),
      endOf: (userId) => void told.push(`end of ${userId}`),
    },
    operatorOf: (nodeId) => (nodeId === "n1" ? "bob" : undefined),
    ownerOfFile: async (fileId) => {
      if (fileId === "broken") throw new Error("out of order");
      return fileId === "f1" ? "ada" : undefined;
    },
  });
});

async function apply(name: CommandName, payload: object): Promise<typeof told> {
  await metadata.apply(name, payload as never);
  await setImmediate();
  return told;
}
const own = (topic: string, userId: string, ...ids: string[]) => ({ topic, audience: { kind: "user", userId }, ids });
const nodes = (id: string) => ({ topic: "nodes", audience: { kind: "everyone" }, ids: [id] });

describe("a command that was applied", () => {
  it.each<[CommandName, object, readonly unknown[]]>([
    ["file.restore", { owner_id: "ada", file_id: "f1" }, [own("files", "ada", "f1"), own("credits", "ada")]],
    ["folder.create", { owner_id: "ada", folder_id: "d1" }, [own("folders", "ada", "d1")]],
    [
      "folder.delete",
      { owner_id: "ada", folder_id: "d1" },
      [own("folders", "ada", "d1"), own("files", "ada"), own("credits", "ada")],
    ],
    ["share.revoke", { owner_id: "ada", id: "s1" }, [own("files", "ada")]],
    ["ledger.grant", { user_id: "ada" }, [own("credits", "ada")]],
    ["economics.charge_owners", { lines: [{ owner_id: "ada" }] }, [own("credits", "ada")]],
    ["economics.pay_out", { payouts: [{ node_id: "n1" }, { node_id: "gone" }] }, [own("credits", "bob")]],
    ["node.ban", { id: "n1" }, [nodes("n1")]],
    ["node.event", { node_id: "n1" }, [nodes("n1")]],
    ["node.heartbeat", { id: "n1" }, []],
    ["user.set_role", { id: "ada" }, ["end of ada"]],
    ["user.set_disabled", { id: "ada" }, ["end of ada"]],
  ])("%s is told to those whom it concerns", async (name, payload, announcements) => {
    expect(await apply(name, payload)).toEqual(announcements);
  });

  it("is told to the owner of its file, where only the file is known", async () => {
    result = { file_id: "f1", repeated: false };
    expect(await apply("upload.complete", { upload_id: "u1" })).toEqual([
      own("files", "ada", "f1"),
      own("credits", "ada"),
    ]);
    result = { file_id: "of nobody", repeated: false };
    expect(await apply("upload.complete", { upload_id: "u2" })).toHaveLength(2);
  });

  it("answers as without it, also where it cannot be told", async () => {
    result = { file_id: "broken", repeated: false };
    expect(await metadata.apply("upload.complete", { upload_id: "u1" } as never)).toBe(result);
    await setImmediate();
    expect(told).toEqual([]);
    expect(fixture.logLines).toMatchObject([{ command: "upload.complete" }]);
  });
});

it("nothing is told of a command that was refused", async () => {
  await expect(metadata.apply("file.delete", { owner_id: "ada", file_id: "f1" } as never)).rejects.toThrow("refused");
  expect(told).toEqual([]);
});

/** Whatever nobody looks at in lists, or hears of otherwise. */
const SILENT = new Set<string>([
  "admin.purge",
  "admin.record",
  "assignment.activate",
  "assignment.doubt",
  "assignment.drop",
  "assignment.leave",
  "assignment.stay",
  "audit.issue",
  "audit.open_period",
  "audit.purge",
  "audit.record",
  "audit.reveal_period",
  "chunk.collect",
  "chunk.commit",
  "deletion.forget",
  "deletion.settle",
  "deletion.stray",
  "economics.close_day",
  "economics.pay_nodes",
  "file.purge",
  "folder.purge",
  "history.purge",
  "job.configure",
  "join_token.create",
  "join_token.purge_expired",
  "ledger.check",
  "node.drained",
  "node.forget",
  "node.heartbeat",
  "payment.event",
  "user.set_password",
  "refresh_token.issue",
  "refresh_token.purge_expired",
  "refresh_token.revoke_family",
  "refresh_token.rotate",
  "share.purge_expired",
  "share.use",
  "upload.abort",
  "upload.extend_reservation",
  "uptime.watch",
  "user.create",
]);

it("of every command it is decided whether anybody hears of it", () => {
  const names = Object.keys(commands) as CommandName[];
  expect(names.filter((name) => isAnnounced(name) === SILENT.has(name))).toEqual([]);
});
