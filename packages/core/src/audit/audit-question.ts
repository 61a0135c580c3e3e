import { AppError } from "../app-error.ts";
import { type ChunkName, isChunkName, type NodeId } from "../ids.ts";

/** Most chunks that one question may be about. */
export const AUDIT_CHUNKS_MAX = 20;
/** Most sealed bytes of all its chunks together, as its node reads every one of them: four of the largest chunks. */
export const AUDIT_SEALED_BYTES_MAX = 4 * (4 * 1024 * 1024 + 64 * 1024);
/** Most leaves that one question may ask for, of all chunks together, so that an answer stays near one megabyte. */
export const AUDIT_LEAVES_MAX = 64;
/** Most iterations of the closing hash: tens of milliseconds for either side. */
export const AUDIT_DIFFICULTY_MAX = 65_536;
/** What is asked for unless the settings say otherwise. */
export const AUDIT_DIFFICULTY_DEFAULT = 16;
/** An answer counts within so many milliseconds; what comes later is late. */
export const AUDIT_DEADLINE_MS = 2000;

const ID_LENGTH = 16;
const SEED_LENGTH = 32;

/** What a coordinator asks of one node about some of its chunks. */
export interface AuditQuestion {
  /** 16 bytes, never used twice. */
  readonly challengeId: Uint8Array;
  /** 16 bytes: the challenge id under which these leaves were first asked for, another only after silence. */
  readonly selectionId: Uint8Array;
  /** The node that is asked. */
  readonly nodeId: NodeId;
  /** 1 to AUDIT_CHUNKS_MAX, none twice. */
  readonly chunkNames: readonly ChunkName[];
  /** 32 bytes, which nobody could foresee. */
  readonly seed: Uint8Array;
  /** Leaves that the seed selects of each chunk; of all chunks together at most AUDIT_LEAVES_MAX. */
  readonly leafCount: number;
  /** Iterations of the closing hash, 1 to AUDIT_DIFFICULTY_MAX. */
  readonly difficulty: number;
}

/**
 * To be called before any work is done for a question.
 * @throws AppError PROTOCOL_ERROR naming the field that is out of its bounds
 */
export function checkAuditQuestion(question: AuditQuestion): void {
  const { challengeId, selectionId, chunkNames, seed, leafCount, difficulty } = question;
  if (challengeId.length !== ID_LENGTH) refuse("challenge id", `${challengeId.length} bytes`, `${ID_LENGTH} bytes`);
  if (selectionId.length !== ID_LENGTH) refuse("selection id", `${selectionId.length} bytes`, `${ID_LENGTH} bytes`);
  if (seed.length !== SEED_LENGTH) refuse("seed", `${seed.length} bytes`, `${SEED_LENGTH} bytes`);
  checkNames(chunkNames);
  const leavesMax = Math.floor(AUDIT_LEAVES_MAX / chunkNames.length);
  if (!isCount(leafCount, leavesMax)) refuse("leaf count", leafCount, `1 to ${leavesMax}`);
  if (!isCount(difficulty, AUDIT_DIFFICULTY_MAX)) refuse("difficulty", difficulty, `1 to ${AUDIT_DIFFICULTY_MAX}`);
}

function checkNames(chunkNames: readonly ChunkName[]): void {
  if (!isCount(chunkNames.length, AUDIT_CHUNKS_MAX)) {
    refuse("number of chunks", chunkNames.length, `1 to ${AUDIT_CHUNKS_MAX}`);
  }
  for (const name of chunkNames) {
    if (!isChunkName(name)) refuse("chunk name", `"${name}"`, "64 lower-case hex digits");
  }
  if (new Set(chunkNames).size !== chunkNames.length) refuse("list of chunks", "one with a name twice", "each once");
}

function isCount(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= max;
}

function refuse(field: string, found: unknown, expected: string): never {
  throw new AppError("PROTOCOL_ERROR", `audit question: ${field} is ${String(found)}, expected ${expected}`);
}
