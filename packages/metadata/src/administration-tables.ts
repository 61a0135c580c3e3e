import type { Generated } from "kysely";

/** The log of what admins and operators had done; conventions as of `Tables`. */
export interface AdministrationTables {
  admin_actions: AdminActionsTable;
}

export type ActorKind = "user" | "node";
export type ActionSubjectKind = "user" | "node" | "job" | "network";

interface AdminActionsTable {
  id: Generated<number>;
  at_ms: number;
  actor_kind: ActorKind;
  actor_id: string;
  /** "node.ban": what it was done to, and what. */
  action: string;
  subject_kind: ActionSubjectKind;
  /** Of a job its name; empty for the whole network. */
  subject_id: string;
  /** JSON object of texts, numbers and truth values. */
  details: string;
}
