import type { Generated } from "kysely";

/** Links to files; conventions as of `Tables`. */
export interface ShareTables {
  shares: SharesTable;
  share_uses: ShareUsesTable;
}

/** 0 or 1. */
type Flag = number;

/** Whoever has the token may read the file: the current version, whichever that is. A link that was taken back has no row. */
interface SharesTable {
  id: string;
  /** What all versions of the file share. */
  entry_id: string;
  owner_id: string;
  /** SHA-256 of the token, hex. */
  token_hash: string;
  /** The token, for its owner to see again; sealed under the coordinator's master key. */
  sealed_token: Uint8Array;
  /** PHC text of Argon2id; null where no password is asked for. */
  password_hash: string | null;
  expires_at_ms: number | null;
  downloads_max: number | null;
  downloads: Generated<number>;
  /** Whether the file was sealed before it came here, under a key that only the link has. */
  is_sealed: Flag;
  created_at_ms: number;
}

/** A download that was begun and counted: its ticket may be shown again, for ranges, until it expires. */
interface ShareUsesTable {
  share_id: string;
  ticket_id: string;
  expires_at_ms: number;
}
