import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";

const SESSIONS_SHOWN_MAX = 200;

/** One login: the refresh tokens that descend from it. */
export interface LoginSession {
  readonly id: string;
  readonly beganAtMs: number;
  /** When its tokens were renewed last. */
  readonly renewedAtMs: number;
  readonly endsAtMs: number;
}

export interface LoginSessions {
  /** Those that can still be renewed, the latest renewed first; the first two hundred. */
  list(userId: string): Promise<readonly LoginSession[]>;
  /** Of which login a refresh token is; undefined for an unknown one. */
  idOf(tokenHash: string): Promise<string | undefined>;
  /** @throws AppError NOT_FOUND where the user has no such login */
  end(userId: string, sessionId: string): Promise<void>;
  /** Ends every login of the user. @returns how many there were */
  endAll(userId: string): Promise<number>;
}

export function createLoginSessions(deps: {
  readonly metadata: Pick<Metadata, "read" | "apply">;
  readonly clock: Clock;
}): LoginSessions {
  const { metadata, clock } = deps;
  const families = (userId: string) =>
    metadata.read
      .selectFrom("refresh_tokens")
      .where("user_id", "=", userId)
      .groupBy("family_id")
      .select((eb) => ["family_id", eb.fn.max("token_hash").as("token_hash")]);

  return {
    list: async (userId) => {
      const rows = await families(userId)
        .select((eb) => [
          eb.fn.min("issued_at_ms").as("began"),
          eb.fn.max("issued_at_ms").as("renewed"),
          eb.fn.max("expires_at_ms").as("ends"),
        ])
        .having((eb) => eb(eb.fn.max("expires_at_ms"), ">", clock.nowMs()))
        .orderBy("renewed", "desc")
        .limit(SESSIONS_SHOWN_MAX)
        .execute();
      return rows.map((row) => ({
        id: row.family_id,
        beganAtMs: Number(row.began),
        renewedAtMs: Number(row.renewed),
        endsAtMs: Number(row.ends),
      }));
    },
    idOf: async (tokenHash) => {
      const row = await metadata.read
        .selectFrom("refresh_tokens")
        .select("family_id")
        .where("token_hash", "=", tokenHash)
        .executeTakeFirst();
      return row?.family_id;
    },
    end: async (userId, sessionId) => {
      const row = await families(userId).where("family_id", "=", sessionId).executeTakeFirst();
      if (row === undefined) throw new AppError("NOT_FOUND", `you have no session ${sessionId}`);
      await metadata.apply("refresh_token.revoke_family", { token_hash: row.token_hash });
    },
    endAll: async (userId) => {
      const rows = await families(userId).execute();
      for (const { token_hash } of rows) await metadata.apply("refresh_token.revoke_family", { token_hash });
      return rows.length;
    },
  };
}
