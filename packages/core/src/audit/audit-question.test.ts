import { describe, expect, it } from "vitest";
import { AppError } from "../app-error.ts";
import type { ChunkName, NodeId } from "../ids.ts";
import {
  AUDIT_DIFFICULTY_MAX,
  AUDIT_LEAF_COUNT_MAX,
  type AuditQuestion,
  checkAuditQuestion,
} from "./audit-question.ts";

const QUESTION: AuditQuestion = {
  challengeId: new Uint8Array(16),
  nodeId: `12D3KooW${"A".repeat(44)}` as NodeId,
  chunkName: "0".repeat(64) as ChunkName,
  seed: new Uint8Array(32),
  leafCount: 1,
  difficulty: 1,
};

describe("checkAuditQuestion", () => {
  it("lets pass what is within the bounds", () => {
    checkAuditQuestion(QUESTION);
    checkAuditQuestion({ ...QUESTION, leafCount: AUDIT_LEAF_COUNT_MAX, difficulty: AUDIT_DIFFICULTY_MAX });
  });

  it.each<[string, Partial<AuditQuestion>]>([
    ["challenge id", { challengeId: new Uint8Array(15) }],
    ["seed", { seed: new Uint8Array(33) }],
    ["chunk name", { chunkName: "G".repeat(64) as ChunkName }],
    ["leaf count", { leafCount: 0 }],
    ["leaf count", { leafCount: AUDIT_LEAF_COUNT_MAX + 1 }],
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
