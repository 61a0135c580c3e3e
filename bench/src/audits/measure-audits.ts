import { randomBytes } from "node:crypto";
import { verifyAuditAnswer } from "@commonhold/chunk/audit-answer.ts";
import { platformCrypto } from "@commonhold/chunk/platform-crypto.ts";
import { keyedWords, planCycle } from "@commonhold/core/audit/audit-schedule.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import { serveProofChallenge } from "@commonhold/wire/exchanges/proof-challenge.ts";
import { ProofChallengeRequestSchema } from "@commonhold/wire/gen/commonhold_pb.ts";
import { createMemoryStreamPair } from "@commonhold/wire/memory-byte-stream.ts";
import { writeMessage } from "@commonhold/wire/message.ts";
import { FRAME_BYTES_MAX } from "@commonhold/wire/protocols.ts";
import { type AuditSample, sampleAudit, type SampleChunk, verifySample } from "./audit-samples.ts";

const VERIFY_MS = 1000;
const CYCLE_MS = 4 * 3600 * 1000;
const CYCLES_A_DAY = 6;

/** Answers for single chunks that are verified in one second of one core, of answers for several chunks each. */
export function verifiedPerCoreSecond(samples: readonly AuditSample[]): number {
  const verifyAll = (): number => {
    let chunks = 0;
    for (const { question, answer } of samples) {
      const verdict = verifyAuditAnswer(question, answer, verifySample);
      if (verdict.kind !== "judged" || verdict.chunks.some((each) => each !== "passed")) {
        throw new Error("a right answer was not taken for one");
      }
      chunks += verdict.chunks.length;
    }
    return chunks;
  };
  verifyAll();
  const before = process.cpuUsage();
  const startedMs = performance.now();
  let chunks = 0;
  while (performance.now() - startedMs < VERIFY_MS) chunks += verifyAll();
  const { user, system } = process.cpuUsage(before);
  return (chunks / (user + system)) * 1e6;
}

/** Milliseconds in which a node makes its answer, its disk apart. */
export function provingMs(chunks: readonly SampleChunk[]): number {
  const startedMs = performance.now();
  sampleAudit(chunks);
  return performance.now() - startedMs;
}

/** Bytes that a node sends for an answer, frame and all. */
export async function answerBytes({ question, answer }: AuditSample): Promise<number> {
  const [near, far] = createMemoryStreamPair({ windowBytes: FRAME_BYTES_MAX.proof });
  const { challengeId, selectionId, seed, leafCount, difficulty } = question;
  const chunkNames = question.chunkNames.map((name) => new Uint8Array(Buffer.from(name, "hex")));
  const init = { challengeId, selectionId, chunkNames, seed, leafCount, difficulty, deadlineMs: 2000 };
  await writeMessage(near, ProofChallengeRequestSchema, { init, maxBytes: FRAME_BYTES_MAX.request });
  await serveProofChallenge(far, { authorise: () => {}, prove: () => Promise.resolve(answer) });
  return near.waitingBytes;
}

/** Milliseconds in which a day is planned: when each node is asked about which of its chunks. */
export function planningMs(nodes: number, replicas: number): number {
  const chunkCount = replicas / nodes;
  const permute = keyedWords(randomBytes(32), platformCrypto);
  const startedMs = performance.now();
  let slots = 0;
  for (let node = 0; node < nodes; node++) {
    const nodeId = `12D3KooW${String(node).padStart(44, "A")}` as NodeId;
    for (let cycle = 0; cycle < CYCLES_A_DAY; cycle++) {
      slots += planCycle({ nodeId, cycle, cycleMs: CYCLE_MS, chunkCount, permute }).slots.length;
    }
  }
  const tookMs = performance.now() - startedMs;
  if (slots < nodes * CYCLES_A_DAY) throw new Error(`only ${slots} slots were planned`);
  return tookMs;
}
