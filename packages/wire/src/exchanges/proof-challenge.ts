import { AUDIT_DIFFICULTY_MAX, AUDIT_LEAF_COUNT_MAX } from "@commonhold/core/audit/audit-question.ts";
import { LEAF_SIZE_BYTES } from "@commonhold/core/audit/merkle-proof.ts";
import type { ByteStream } from "@commonhold/core/byte-stream.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { decodeChunkName, decodeSealedLength, decodeWithin, encodeChunkName, requireLength } from "../fields.ts";
import {
  type ProofChallengeRequest,
  ProofChallengeRequestSchema,
  type ProofChallengeResponse,
  ProofChallengeResponseSchema,
  type SignedGrant,
} from "../gen/commonhold_pb.ts";
import { readMessage, writeMessage } from "../message.ts";
import {
  CHALLENGE_ID_BYTES,
  CHALLENGE_SEED_BYTES,
  FRAME_BYTES_MAX,
  HASH_BYTES,
  MERKLE_PATH_LENGTH_MAX,
  SEALED_LENGTH_MAX,
  SIGNATURE_BYTES,
} from "../protocols.ts";
import { type ResponseKind, readResponse, respond } from "../response.ts";

export interface ProofChallenge {
  /** 16 bytes. */
  readonly challengeId: Uint8Array;
  readonly chunkName: ChunkName;
  /** 32 fresh bytes. */
  readonly seed: Uint8Array;
  /** Leaves that the seed selects. */
  readonly leafCount: number;
  /** Iterations of the closing hash. */
  readonly difficulty: number;
}

export interface ProvenLeaf {
  readonly index: number;
  /** Raw sealed bytes, at most 16 KiB. */
  readonly leaf: Uint8Array;
  /** Sibling hashes from the leaf to the root. */
  readonly path: readonly Uint8Array[];
}

export interface ProofAnswer {
  /** Sealed bytes of the chunk. */
  readonly chunkLength: number;
  readonly leaves: readonly ProvenLeaf[];
  /** 32 bytes: the iterated hash. */
  readonly digest: Uint8Array;
  /** The node's own measure. */
  readonly durationUs: number;
  /** 64 bytes: Ed25519 by the node. */
  readonly signature: Uint8Array;
}

export interface ProofChallengeClaim extends ProofChallenge {
  readonly grant: SignedGrant | undefined;
}

export interface ProofChallengeHandler {
  readonly authorise: (claim: ProofChallengeClaim) => void | Promise<void>;
  readonly prove: (challenge: ProofChallenge) => Promise<ProofAnswer>;
}

const RESPONSE: ResponseKind<typeof ProofChallengeResponseSchema> = {
  schema: ProofChallengeResponseSchema,
  maxBytes: FRAME_BYTES_MAX.proof,
  withStatus: (status) => ({ status }),
};

/**
 * Asks a node to prove that it holds a chunk. Of the answer only sizes and counts are checked here.
 * @throws AppError of the node's refusal, PROTOCOL_ERROR for an ill-formed answer, or of the stream
 */
export async function requestProofChallenge(
  stream: ByteStream,
  request: ProofChallenge & { readonly grant: SignedGrant },
): Promise<ProofAnswer> {
  await writeMessage(stream, ProofChallengeRequestSchema, {
    init: {
      grant: request.grant,
      challengeId: request.challengeId,
      chunkName: encodeChunkName(request.chunkName),
      seed: request.seed,
      leafCount: request.leafCount,
      difficulty: request.difficulty,
    },
    maxBytes: FRAME_BYTES_MAX.request,
  });
  return decodeAnswer(await readResponse(stream, RESPONSE));
}

/** Answers one `requestProofChallenge`. */
export async function serveProofChallenge(stream: ByteStream, handler: ProofChallengeHandler): Promise<void> {
  await respond(stream, RESPONSE, async () => {
    const request = await readMessage(stream, ProofChallengeRequestSchema, FRAME_BYTES_MAX.request);
    const challenge = decodeChallenge(request);
    await handler.authorise({ ...challenge, grant: request.grant });
    const answer = await handler.prove(challenge);
    return {
      chunkLength: BigInt(answer.chunkLength),
      leaves: answer.leaves.map(({ index, leaf, path }) => ({ index: BigInt(index), leaf, path: [...path] })),
      digest: answer.digest,
      durationUs: BigInt(answer.durationUs),
      signature: answer.signature,
    };
  });
}

function decodeChallenge(request: ProofChallengeRequest): ProofChallenge {
  requireLength("challenge_id", request.challengeId, CHALLENGE_ID_BYTES);
  requireLength("seed", request.seed, CHALLENGE_SEED_BYTES);
  return {
    challengeId: request.challengeId,
    chunkName: decodeChunkName(request.chunkName),
    seed: request.seed,
    leafCount: decodeWithin("leaf_count", request.leafCount, { min: 1, max: AUDIT_LEAF_COUNT_MAX }),
    difficulty: decodeWithin("difficulty", request.difficulty, { min: 1, max: AUDIT_DIFFICULTY_MAX }),
  };
}

function decodeAnswer(response: ProofChallengeResponse): ProofAnswer {
  decodeWithin("the number of leaves", response.leaves.length, { min: 1, max: AUDIT_LEAF_COUNT_MAX });
  requireLength("digest", response.digest, HASH_BYTES);
  requireLength("signature", response.signature, SIGNATURE_BYTES);
  return {
    chunkLength: decodeSealedLength("chunk_length", response.chunkLength),
    leaves: response.leaves.map(({ index, leaf, path }) => {
      decodeWithin("the length of a leaf", leaf.length, { min: 1, max: LEAF_SIZE_BYTES });
      decodeWithin("the length of a path", path.length, { min: 0, max: MERKLE_PATH_LENGTH_MAX });
      for (const hash of path) requireLength("a hash of a path", hash, HASH_BYTES);
      return { index: decodeWithin("index", index, { min: 0, max: SEALED_LENGTH_MAX }), leaf, path };
    }),
    digest: response.digest,
    durationUs: decodeWithin("duration_us", response.durationUs, { min: 0, max: Number.MAX_SAFE_INTEGER }),
    signature: response.signature,
  };
}
