import { describe, expect, it } from "vitest";
import { AppError } from "../app-error.ts";
import type { ChunkName, NodeId } from "../ids.ts";
import {
  AUDIT_CHUNKS_MAX,
  AUDIT_DIFFICULTY_MAX,
  AUDIT_LEAVES_MAX,
  type AuditQuestion,
  checkAuditQuestion,
} from "./audit-question.ts";

const QUESTION: AuditQuestion = {
  challengeId: new Uint8Array(16),
  nodeId: `12D3KooW${"A".repeat(44)}` as NodeId,
  selectionId: new Uint8Array(16),
  chunkNames: ["0".repeat(64) as ChunkName],
  seed: new Uint8Array(32),
  leafCount: 1,
  difficulty: 1,
};

function names(count: number): readonly ChunkName[] {
  return Array.from({ length: count }, (_, i) => i.toString(16).padStart(64, "0") as ChunkName);
}

describe("checkAuditQuestion", () => {
  it("lets pass what is within the bounds", () => {
    checkAuditQuestion(QUESTION);
    checkAuditQuestion({ ...QUESTION, leafCount: AUDIT_LEAVES_MAX, difficulty: AUDIT_DIFFICULTY_MAX });
    checkAuditQuestion({ ...QUESTION, chunkNames: names(AUDIT_CHUNKS_MAX), leafCount: 3 });
  });

  it.each<[string, Partial<AuditQuestion>]>([
    ["challenge id", { challengeId: new Uint8Array(15) }],
    ["seed", { seed: new Uint8Array(33) }],
    ["selection id", { selectionId: new Uint8Array(17) }],
    ["chunk name", { chunkNames: [...names(1), "G".repeat(64) as ChunkName] }],
    ["number of chunks", { chunkNames: [] }],
    ["number of chunks", { chunkNames: names(AUDIT_CHUNKS_MAX + 1) }],
    ["list of chunks", { chunkNames: [...names(3), ...names(1)] }],
    ["leaf count", { chunkNames: names(AUDIT_CHUNKS_MAX), leafCount: 4 }],
    ["leaf count", { leafCount: 0 }],
    ["leaf count", { leafCount: AUDIT_LEAVES_MAX + 1 }],
    ["leaf count", { leafCount: 1.5 }],
    ["difficulty", { difficulty: 0 }],
    ["difficulty", { difficulty: AUDIT_DIFFICULTY_MAX + 1 }],
    ["difficulty", { difficulty: Number.NaN }],
  ])("refuses a %s out of its bounds", (field, change) => {
    const check = () => checkAuditQuestion({ ...QUESTION, ...change });
    expect(check).toThrow(AppError);
    expect(check).toThrow(field);
  });
});
