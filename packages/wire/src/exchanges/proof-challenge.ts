import { AppError } from "@commonhold/core/app-error.ts";
import type { AuditAnswer, ChunkProof, LossReason, ProvenLeaf } from "@commonhold/core/audit/audit-answer.ts";
import { LOSS_REASONS } from "@commonhold/core/audit/audit-answer.ts";
import {
  AUDIT_CHUNKS_MAX,
  AUDIT_DIFFICULTY_MAX,
  AUDIT_LEAVES_MAX,
  type AuditQuestion,
} from "@commonhold/core/audit/audit-question.ts";
import { LEAF_SIZE_BYTES } from "@commonhold/core/audit/merkle-proof.ts";
import type { ByteStream } from "@commonhold/core/byte-stream.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { challengeNameOf } from "../challenge-name.ts";
import { decodeChunkName, decodeSealedLength, decodeWithin, encodeChunkName, requireLength } from "../fields.ts";
import {
  type ChunkProof as ChunkProofMessage,
  type ProofChallengeRequest,
  ProofChallengeRequestSchema,
  type ProofChallengeResponse,
  ProofChallengeResponseSchema,
  type ProvenLeaf as ProvenLeafMessage,
  type SignedGrant,
} from "../gen/commonhold_pb.ts";
import { readMessage, writeMessage } from "../message.ts";
import {
  CHALLENGE_ID_BYTES,
  CHALLENGE_SEED_BYTES,
  EXCHANGE_TIMEOUT_MS,
  FRAME_BYTES_MAX,
  HASH_BYTES,
  MERKLE_PATH_LENGTH_MAX,
  PROOF_CHUNK_ROOM_BYTES,
  PROOF_LEAF_ROOM_BYTES,
  SEALED_LENGTH_MAX,
  SIGNATURE_BYTES,
} from "../protocols.ts";
import { type ResponseKind, readResponse, respond } from "../response.ts";

/** A question as it travels: the node knows who it is. */
export interface ProofChallenge extends Omit<AuditQuestion, "nodeId"> {
  /** An answer that comes later is late: so the node knows when its disk or line is too slow. */
  readonly deadlineMs: number;
}

export interface ProofChallengeClaim extends ProofChallenge {
  readonly grant: SignedGrant | undefined;
  /** What the grant must name: `challengeNameOf` the chunks. */
  readonly challengeName: ChunkName;
}

export interface ProofChallengeHandler {
  readonly authorise: (claim: ProofChallengeClaim) => void | Promise<void>;
  readonly prove: (challenge: ProofChallenge) => Promise<AuditAnswer>;
}

export interface ProofChallengeOrder extends ProofChallenge {
  /** For "challenge" on `challengeNameOf` the chunks. */
  readonly grant: SignedGrant;
  /**
   * Called once when the whole question was given to the connection. A failure before it says that the node was not
   * reached; after it, that the node was asked and did not answer.
   */
  readonly onDelivered?: () => void;
}

const ANSWERS: ResponseKind<typeof ProofChallengeResponseSchema> = {
  schema: ProofChallengeResponseSchema,
  maxBytes: FRAME_BYTES_MAX.proof,
  withStatus: (status) => ({ status }),
};

/**
 * Asks a node to prove that it holds chunks. Of the answer only sizes and counts are checked here, and memory is taken
 * for no more than was asked for.
 * @throws AppError of the node's refusal, PROTOCOL_ERROR for an ill-formed answer, or of the stream
 */
export async function requestProofChallenge(stream: ByteStream, order: ProofChallengeOrder): Promise<AuditAnswer> {
  await writeMessage(stream, ProofChallengeRequestSchema, {
    init: {
      grant: order.grant,
      challengeId: order.challengeId,
      chunkNames: order.chunkNames.map(encodeChunkName),
      seed: order.seed,
      leafCount: order.leafCount,
      difficulty: order.difficulty,
      selectionId: order.selectionId,
      deadlineMs: order.deadlineMs,
    },
    maxBytes: FRAME_BYTES_MAX.request,
  });
  order.onDelivered?.();
  return decodeAnswer(await readResponse(stream, { ...ANSWERS, maxBytes: answerBytesMax(order) }));
}

/** Answers one `requestProofChallenge`. */
export async function serveProofChallenge(stream: ByteStream, handler: ProofChallengeHandler): Promise<void> {
  await respond(stream, ANSWERS, async () => {
    const request = await readMessage(stream, ProofChallengeRequestSchema, FRAME_BYTES_MAX.request);
    const challenge = decodeChallenge(request);
    const challengeName = challengeNameOf(challenge.chunkNames);
    await handler.authorise({ ...challenge, grant: request.grant, challengeName });
    const answer = await handler.prove(challenge);
    return {
      proofs: answer.proofs.map(encodeProof),
      digest: answer.digest,
      durationUs: BigInt(answer.durationUs),
      signature: answer.signature,
    };
  });
}

/** The most bytes of an answer to this question. */
function answerBytesMax({ chunkNames, leafCount }: ProofChallenge): number {
  return chunkNames.length * (PROOF_CHUNK_ROOM_BYTES + leafCount * PROOF_LEAF_ROOM_BYTES) + FRAME_BYTES_MAX.response;
}

function decodeChallenge(request: ProofChallengeRequest): ProofChallenge {
  requireLength("challenge_id", request.challengeId, CHALLENGE_ID_BYTES);
  requireLength("selection_id", request.selectionId, CHALLENGE_ID_BYTES);
  requireLength("seed", request.seed, CHALLENGE_SEED_BYTES);
  const count = decodeWithin("the number of chunks", request.chunkNames.length, { min: 1, max: AUDIT_CHUNKS_MAX });
  const chunkNames = request.chunkNames.map(decodeChunkName);
  if (new Set(chunkNames).size < count) {
    throw new AppError("PROTOCOL_ERROR", "a chunk comes twice in a challenge, it must come once");
  }
  return {
    challengeId: request.challengeId,
    selectionId: request.selectionId,
    chunkNames,
    seed: request.seed,
    leafCount: decodeWithin("leaf_count", request.leafCount, { min: 1, max: Math.floor(AUDIT_LEAVES_MAX / count) }),
    difficulty: decodeWithin("difficulty", request.difficulty, { min: 1, max: AUDIT_DIFFICULTY_MAX }),
    deadlineMs: decodeWithin("deadline_ms", request.deadlineMs, { min: 1, max: EXCHANGE_TIMEOUT_MS.proofChallenge }),
  };
}

function encodeProof(proof: ChunkProof) {
  if (proof.kind === "lost") return { lost: proof.reason };
  return {
    chunkLength: BigInt(proof.chunkLength),
    leaves: proof.leaves.map(({ index, leaf, path }) => ({ index: BigInt(index), leaf, path: [...path] })),
  };
}

function decodeAnswer(response: ProofChallengeResponse): AuditAnswer {
  decodeWithin("the number of proofs", response.proofs.length, { min: 1, max: AUDIT_CHUNKS_MAX });
  const leaves = response.proofs.reduce((count, proof) => count + proof.leaves.length, 0);
  decodeWithin("the number of leaves", leaves, { min: 0, max: AUDIT_LEAVES_MAX });
  requireLength("digest", response.digest, HASH_BYTES);
  requireLength("signature", response.signature, SIGNATURE_BYTES);
  return {
    proofs: response.proofs.map(decodeProof),
    digest: response.digest,
    durationUs: decodeWithin("duration_us", response.durationUs, { min: 0, max: Number.MAX_SAFE_INTEGER }),
    signature: response.signature,
  };
}

function decodeProof({ chunkLength, leaves, lost }: ChunkProofMessage): ChunkProof {
  if (lost !== "") {
    if (!isLossReason(lost) || chunkLength !== 0n || leaves.length > 0) {
      throw new AppError("PROTOCOL_ERROR", `a lost chunk must be no more than ${LOSS_REASONS.join(" or ")}`);
    }
    return { kind: "lost", reason: lost };
  }
  decodeWithin("the number of a chunk's leaves", leaves.length, { min: 1, max: AUDIT_LEAVES_MAX });
  return {
    kind: "proof",
    chunkLength: decodeSealedLength("chunk_length", chunkLength),
    leaves: leaves.map(decodeLeaf),
  };
}

function decodeLeaf({ index, leaf, path }: ProvenLeafMessage): ProvenLeaf {
  decodeWithin("the length of a leaf", leaf.length, { min: 1, max: LEAF_SIZE_BYTES });
  decodeWithin("the length of a path", path.length, { min: 0, max: MERKLE_PATH_LENGTH_MAX });
  for (const hash of path) requireLength("a hash of a path", hash, HASH_BYTES);
  return { index: decodeWithin("index", index, { min: 0, max: SEALED_LENGTH_MAX }), leaf, path };
}

function isLossReason(text: string): text is LossReason {
  return (LOSS_REASONS as readonly string[]).includes(text);
}
