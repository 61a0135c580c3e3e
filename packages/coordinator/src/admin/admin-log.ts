import type { Clock } from "@commonhold/core/clock.ts";
import type { ActionNote, ActionSubject } from "@commonhold/metadata/commands/admin-actions.ts";
import type { ActionSubjectKind, ActorKind } from "@commonhold/metadata/administration-tables.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { Principal } from "../http/principal.ts";

/** What is written down when somebody has it done. */
export type AdminAction =
  | "credits.grant"
  | "job.pause"
  | "job.resume"
  | "job.run"
  | "job.throttle"
  | "network.rebalance"
  | "node.ban"
  | "node.evict"
  | "node.remove"
  | "node.unban"
  | "user.disable"
  | "user.enable"
  | "user.role";

type Details = ActionNote["details"];

/** An action as it was written down. Names are as they are now; undefined where there is none of that id any more. */
export interface LoggedAction {
  readonly id: number;
  readonly atMs: number;
  readonly actor: { readonly kind: ActorKind; readonly id: string; readonly name: string | undefined };
  readonly action: string;
  readonly subject: { readonly kind: ActionSubjectKind; readonly id: string; readonly name: string | undefined };
  readonly details: Details;
}

export interface AdminLog {
  /** For the command that does it, so that both are kept or neither. */
  note(by: Principal, action: AdminAction, details?: Details): ActionNote;
  /** What no command does. */
  record(note: ActionNote, subject: ActionSubject): Promise<void>;
  /** Newest first, those before the one with this id. */
  actions(page: { readonly before?: number | undefined; readonly limit: number }): Promise<readonly LoggedAction[]>;
}

/** The log of what admins, and operators of the network, had done. */
export function createAdminLog({
  metadata,
  clock,
}: {
  readonly metadata: Pick<Metadata, "read" | "apply">;
  readonly clock: Pick<Clock, "nowMs">;
}): AdminLog {
  return {
    note: (by, action, details = {}) => ({
      actor_kind: by.kind,
      actor_id: by.kind === "user" ? by.userId : by.nodeId,
      action,
      details,
      at_ms: clock.nowMs(),
    }),
    record: async (note, subject) => {
      await metadata.apply("admin.record", { note, subject });
    },
    actions: async ({ before, limit }) => {
      let select = metadata.read.selectFrom("admin_actions").selectAll().orderBy("id", "desc").limit(limit);
      if (before !== undefined) select = select.where("id", "<", before);
      const rows = await select.execute();
      const parties = rows.flatMap((row) => [
        { kind: row.actor_kind, id: row.actor_id },
        { kind: row.subject_kind, id: row.subject_id },
      ]);
      const idsOf = (kind: ActionSubjectKind) => parties.filter((party) => party.kind === kind).map(({ id }) => id);
      const names = await namesOf(metadata, { users: idsOf("user"), nodes: idsOf("node") });
      return rows.map((row) => ({
        id: row.id,
        atMs: row.at_ms,
        actor: { kind: row.actor_kind, id: row.actor_id, name: names.get(row.actor_id) },
        action: row.action,
        subject: { kind: row.subject_kind, id: row.subject_id, name: names.get(row.subject_id) },
        details: JSON.parse(row.details) as Details,
      }));
    },
  };
}

/** E-mail addresses of users and names of nodes, by their ids. */
async function namesOf(
  { read }: Pick<Metadata, "read">,
  { users, nodes }: { readonly users: readonly string[]; readonly nodes: readonly string[] },
): Promise<ReadonlyMap<string, string>> {
  const [people, machines] = await Promise.all([
    users.length === 0
      ? []
      : read
          .selectFrom("users")
          .select(["id", "email as name"])
          .where("id", "in", [...new Set(users)])
          .execute(),
    nodes.length === 0
      ? []
      : read
          .selectFrom("nodes")
          .select(["id", "name"])
          .where("id", "in", [...new Set(nodes)])
          .execute(),
  ]);
  return new Map([...people, ...machines].map(({ id, name }) => [id, name]));
}
