import { AppError } from "../app-error.ts";
import { type ChunkName, isChunkName, type NodeId } from "../ids.ts";

/** Most leaves that one question may ask for, so that an answer stays near one megabyte. */
export const AUDIT_LEAF_COUNT_MAX = 64;
/** Most iterations of the closing hash: tens of milliseconds for either side. */
export const AUDIT_DIFFICULTY_MAX = 65_536;

const CHALLENGE_ID_LENGTH = 16;
const SEED_LENGTH = 32;

/** What a coordinator asks of one node about one chunk. */
export interface AuditQuestion {
  /** 16 bytes, never used twice. */
  readonly challengeId: Uint8Array;
  /** The node that is asked. */
  readonly nodeId: NodeId;
  readonly chunkName: ChunkName;
  /** 32 bytes, which nobody could foresee. */
  readonly seed: Uint8Array;
  /** Leaves that the seed selects, 1 to AUDIT_LEAF_COUNT_MAX. */
  readonly leafCount: number;
  /** Iterations of the closing hash, 1 to AUDIT_DIFFICULTY_MAX. */
  readonly difficulty: number;
}

/**
 * To be called before any work is done for a question.
 * @throws AppError PROTOCOL_ERROR naming the field that is out of its bounds
 */
export function checkAuditQuestion(question: AuditQuestion): void {
  const refuse = (field: string, found: unknown, expected: string): never => {
    throw new AppError("PROTOCOL_ERROR", `audit question: ${field} is ${found}, expected ${expected}`);
  };
  const { challengeId, chunkName, seed, leafCount, difficulty } = question;
  if (challengeId.length !== CHALLENGE_ID_LENGTH) {
    refuse("challenge id", `${challengeId.length} bytes`, `${CHALLENGE_ID_LENGTH} bytes`);
  }
  if (seed.length !== SEED_LENGTH) refuse("seed", `${seed.length} bytes`, `${SEED_LENGTH} bytes`);
  if (!isChunkName(chunkName)) refuse("chunk name", `"${chunkName}"`, "64 lower-case hex digits");
  if (!isCount(leafCount, AUDIT_LEAF_COUNT_MAX)) refuse("leaf count", leafCount, `1 to ${AUDIT_LEAF_COUNT_MAX}`);
  if (!isCount(difficulty, AUDIT_DIFFICULTY_MAX)) refuse("difficulty", difficulty, `1 to ${AUDIT_DIFFICULTY_MAX}`);
}

function isCount(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= max;
}
