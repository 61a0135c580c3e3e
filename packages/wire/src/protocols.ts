import { AUDIT_CHUNKS_MAX, AUDIT_LEAVES_MAX } from "@commonhold/core/audit/audit-question.ts";
import { LEAF_SIZE_BYTES } from "@commonhold/core/audit/merkle-proof.ts";
import { BUCKET_COUNT } from "@commonhold/core/repair/inventory-summary.ts";

const MIB = 1024 * 1024;
const KIB = 1024;

/** The libp2p protocol ids of the exchanges between peers. */
export const PROTOCOLS = {
  storeChunk: "/federated-storage/1.0.0/store-chunk",
  storeBatch: "/federated-storage/1.0.0/store-batch",
  retrieveBatch: "/federated-storage/1.0.0/retrieve-batch",
  retrieveChunk: "/federated-storage/1.0.0/retrieve-chunk",
  deleteChunk: "/federated-storage/1.0.0/delete-chunk",
  replicateChunk: "/federated-storage/1.0.0/replicate-chunk",
  proofChallenge: "/federated-storage/1.0.0/proof-challenge",
  inventory: "/federated-storage/1.0.0/inventory",
} as const;

export type ProtocolName = keyof typeof PROTOCOLS;

/** How long an exchange may take, in milliseconds, from the opening of its stream to its end. */
export const EXCHANGE_TIMEOUT_MS = {
  storeChunk: 60_000,
  storeBatch: 60_000,
  retrieveBatch: 30_000,
  retrieveChunk: 30_000,
  deleteChunk: 10_000,
  // The asked node retrieves from the source (30 s) and stores within this.
  replicateChunk: 90_000,
  // An answer counts only within 2 s; the rest tells "late" from "silent".
  proofChallenge: 10_000,
  inventory: 30_000,
} as const satisfies Record<ProtocolName, number>;

const SEAL_ROOM_BYTES = 64 * KIB;
/** The most sealed bytes of a chunk: 4 MiB of plaintext, with room for the seal. */
export const SEALED_LENGTH_MAX = 4 * MIB + SEAL_ROOM_BYTES;

/** What one store-batch or retrieve-batch may carry: chunks, sealed bytes of each (256 KiB of plaintext and the seal), and of all. */
export const BATCH_CHUNKS_MAX = 64;
export const BATCH_CHUNK_LENGTH_MAX = 256 * KIB + SEAL_ROOM_BYTES;
export const BATCH_LENGTH_MAX = MIB;

export const CHUNK_NAME_BYTES = 32;
export const GRANT_BYTES_MAX = 1024;
export const GRANT_NONCE_BYTES = 16;
export const SIGNATURE_BYTES = 64;

export const STATUS_MESSAGE_CHARACTERS_MAX = 1000;
export const SOURCE_ADDRESSES_MAX = 16;
export const ADDRESS_CHARACTERS_MAX = 512;
export const CHALLENGE_ID_BYTES = 16;
export const CHALLENGE_SEED_BYTES = 32;
export const HASH_BYTES = 32;
/** A tree over `SEALED_LENGTH_MAX` bytes has 260 leaves, hence at most 9 levels above them. */
export const MERKLE_PATH_LENGTH_MAX = 9;
/** What a leaf with its path, and what the head of a chunk's proof take at most in an answer. */
export const PROOF_LEAF_ROOM_BYTES = LEAF_SIZE_BYTES + KIB;
export const PROOF_CHUNK_ROOM_BYTES = 64;
export const INVENTORY_PAGE_MAX = 10_000;
/** For each bucket its count as u32 and its digest. */
export const INVENTORY_SUMMARY_BYTES = BUCKET_COUNT * (4 + HASH_BYTES);

/** The most bytes that a frame of each kind may announce; more is refused before memory is taken. */
export const FRAME_BYTES_MAX = {
  request: 16 * KIB,
  response: 8 * KIB,
  batchResponse: BATCH_CHUNKS_MAX * 4 * KIB,
  proof: AUDIT_CHUNKS_MAX * PROOF_CHUNK_ROOM_BYTES + AUDIT_LEAVES_MAX * PROOF_LEAF_ROOM_BYTES + 8 * KIB,
  inventory: INVENTORY_PAGE_MAX * (CHUNK_NAME_BYTES + 2) + 8 * KIB,
  inventorySummary: INVENTORY_SUMMARY_BYTES + 8 * KIB,
} as const;
