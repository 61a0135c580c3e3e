import { createHash } from "node:crypto";
import type { Clock } from "@commonhold/core/clock.ts";
import { uuidV7 } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { Role } from "@commonhold/metadata/tables.ts";
import type { Principal } from "../http/principal.ts";
import type { AdminLog } from "./admin-log.ts";

export interface AdministrationDeps {
  readonly metadata: Pick<Metadata, "apply">;
  readonly log: Pick<AdminLog, "note">;
  readonly clock: Pick<Clock, "nowMs">;
  readonly random: Random;
}

export interface RightsChange {
  readonly role?: Role | undefined;
  readonly disabled?: boolean | undefined;
}

export interface Grant {
  readonly userId: string;
  readonly microCredits: bigint;
  readonly reason: string;
  /** Names the grant, so that it is booked once however often it is asked for. */
  readonly idempotencyKey?: string | undefined;
}

/** What admins do to accounts; each is written down with it. */
export interface Administration {
  /**
   * Changes a role, shuts an account (every login of it ends, its files stay) or opens it.
   * @throws AppError NOT_FOUND, LAST_ADMIN
   */
  change(by: Principal, userId: string, change: RightsChange): Promise<void>;
  /** @throws AppError NOT_FOUND, INVALID_REQUEST where the key stands for another grant */
  grant(by: Principal, grant: Grant): Promise<{ readonly repeated: boolean }>;
}

export function createAdministration({ metadata, log, clock, random }: AdministrationDeps): Administration {
  return {
    change: async (by, userId, { role, disabled }) => {
      if (role !== undefined) {
        await metadata.apply("user.set_role", { id: userId, role, note: log.note(by, "user.role") });
      }
      if (disabled !== undefined) {
        const note = log.note(by, disabled ? "user.disable" : "user.enable");
        await metadata.apply("user.set_disabled", { id: userId, disabled, now_ms: clock.nowMs(), note });
      }
    },
    grant: async (by, { userId, microCredits, reason, idempotencyKey }) => {
      const nowMs = clock.nowMs();
      return await metadata.apply("ledger.grant", {
        id: `grant-${idempotencyKey === undefined ? uuidV7(nowMs, random.bytes(10)) : digestOf(idempotencyKey)}`,
        user_id: userId,
        amount_microcredits: microCredits.toString(),
        reason,
        now_ms: nowMs,
        note: log.note(by, "credits.grant"),
      });
    },
  };
}

function digestOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
