import type { CommandName, CommandPayload, CommandResult, Metadata } from "@commonhold/metadata/metadata.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { EventHub } from "./event-hub.ts";
import { type Announcement, type EventTopic, EVERYONE, onlyUser } from "./live-event.ts";

/** What a command's payload does not say. */
export interface KnownOwners {
  readonly operatorOf: (nodeId: string) => string | undefined;
  readonly ownerOfFile: (fileId: string) => Promise<string | undefined>;
}

export interface AnnounceCommandsDeps extends KnownOwners {
  readonly events: Pick<EventHub, "announce" | "endOf">;
  readonly logger: Pick<Logger, "error">;
}

type Announcements = readonly (Announcement | undefined)[];
type Announcer<Name extends CommandName> = (
  payload: CommandPayload<Name>,
  result: CommandResult<Name>,
  known: KnownOwners,
) => Announcements | Promise<Announcements>;

const own = (topic: EventTopic, userId: string | undefined, ids: readonly string[] = []): Announcement | undefined =>
  userId === undefined ? undefined : { topic, audience: onlyUser(userId), ids };

/** Files cost something, so what happens to one moves credits too. */
const ofFile = ({ owner_id, file_id }: { readonly owner_id: string; readonly file_id: string }): Announcements => [
  own("files", owner_id, [file_id]),
  own("credits", owner_id),
];

type OfFolder = { readonly owner_id: string; readonly folder_id: string };
const ofFolder = ({ owner_id, folder_id }: OfFolder): Announcements => [own("folders", owner_id, [folder_id])];

/** With it goes all that lies in it. */
const ofWholeFolder = (folder: OfFolder): Announcements => [
  ...ofFolder(folder),
  own("files", folder.owner_id),
  own("credits", folder.owner_id),
];

const ofNode = (id: string): Announcements => [{ topic: "nodes", audience: EVERYONE, ids: [id] }];

/** Who is to hear of which command. A heartbeat is no change: figures are asked for again at leisure. */
const ANNOUNCERS: { readonly [Name in CommandName]?: Announcer<Name> } = {
  "economics.charge_owners": ({ lines }) => lines.map(({ owner_id }) => own("credits", owner_id)),
  "economics.pay_out": ({ payouts }, _result, { operatorOf }) =>
    payouts.map(({ node_id }) => own("credits", operatorOf(node_id))),
  "file.delete": ofFile,
  "file.make_current": ofFile,
  "file.move": ofFile,
  "file.pin": ofFile,
  "file.restore": ofFile,
  "file.set_redundancy": ofFile,
  "file.store": ofFile,
  "file.unpin": ofFile,
  "folder.create": ofFolder,
  "folder.delete": ofWholeFolder,
  "folder.delete_step": ofWholeFolder,
  "folder.ensure": ({ owner_id }, { folder_id }) => [own("folders", owner_id, [folder_id])],
  "folder.move": ofFolder,
  "folder.restore": ofWholeFolder,
  "folder.restore_step": ofWholeFolder,
  "ledger.grant": ({ user_id }) => [own("credits", user_id)],
  "ledger.purchase": ({ user_id }) => [own("credits", user_id)],
  "node.ban": ({ id }) => ofNode(id),
  "node.event": ({ node_id }) => ofNode(node_id),
  "node.register": ({ id }) => ofNode(id),
  "node.unban": ({ id }) => ofNode(id),
  "share.create": ({ owner_id, file_id }) => [own("files", owner_id, [file_id])],
  "share.revoke": ({ owner_id }) => [own("files", owner_id)],
  "upload.complete": async (_payload, { file_id }, { ownerOfFile }) => {
    const ownerId = await ownerOfFile(file_id);
    return [own("files", ownerId, [file_id]), own("credits", ownerId)];
  },
  "upload.initiate": ({ owner_id }) => [own("credits", owner_id)],
};

/** After these a user hears of other things than before, or of none. */
const RIGHTS: ReadonlySet<CommandName> = new Set(["user.set_role", "user.set_disabled"]);

/** Whose a file is, also one that is not complete. */
export async function ownerOfFile({ read }: Pick<Metadata, "read">, fileId: string): Promise<string | undefined> {
  const row = await read.selectFrom("files").select("owner_id").where("id", "=", fileId).executeTakeFirst();
  return row?.owner_id;
}

/** Whether anybody hears of a command. */
export function isAnnounced(name: CommandName): boolean {
  return RIGHTS.has(name) || Object.hasOwn(ANNOUNCERS, name);
}

/** The same metadata; whoever listens hears of each command once it is durable and seen by queries. */
export function announceCommands<M extends Metadata>(metadata: M, deps: AnnounceCommandsDeps): M {
  async function tell<Name extends CommandName>(
    name: Name,
    payload: CommandPayload<Name>,
    result: CommandResult<Name>,
  ): Promise<void> {
    try {
      if (RIGHTS.has(name)) deps.events.endOf((payload as CommandPayload<"user.set_role">).id);
      const announcer = ANNOUNCERS[name] as Announcer<Name> | undefined;
      for (const announcement of (await announcer?.(payload, result, deps)) ?? []) {
        if (announcement !== undefined) deps.events.announce(announcement);
      }
    } catch (error) {
      deps.logger.error({ err: error, command: name }, "a change could not be announced");
    }
  }

  return {
    ...metadata,
    apply: async <Name extends CommandName>(name: Name, payload: CommandPayload<Name>) => {
      const result = await metadata.apply(name, payload);
      void tell(name, payload, result);
      return result;
    },
  };
}
