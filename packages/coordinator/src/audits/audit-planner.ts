import { cutIntoBatches } from "@commonhold/core/audit/audit-pace.ts";
import { AUDIT_SEALED_BYTES_MAX } from "@commonhold/core/audit/audit-question.ts";
import { planCycle } from "@commonhold/core/audit/audit-schedule.ts";
import { utcDayOf } from "@commonhold/core/economics/utc-day.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { ReplicaCatalog } from "@commonhold/metadata/catalog/replica-catalog.ts";
import { CLOSER_LOOK_FACTOR } from "./audit-options.ts";
import type { AuditPeriods } from "./audit-periods.ts";
import type { AuditedNode } from "./audited-node.ts";
import { FewNames } from "./few-names.ts";
import { heldChunks } from "./held-chunks.ts";
import { NodeCycle } from "./node-cycle.ts";
import type { Selection } from "./unanswered-questions.ts";

export interface AuditPlannerDeps {
  readonly catalog: Pick<ReplicaCatalog, "expectedOf" | "getMany" | "holdingsOf">;
  readonly periods: Pick<AuditPeriods, "wordsOf">;
  /** Until when a node is audited more often; undefined for one that is not. */
  readonly closerLookUntilMs: (nodeId: NodeId) => number | undefined;
}

export interface AuditPlannerOptions {
  readonly cycleMs: number;
  readonly leafCount: number;
}

/** What a node is to be asked now. */
export interface PlannedQuestion {
  /** undefined where these leaves were never asked for: the challenge's own id selects them. */
  readonly selectionId: Uint8Array | undefined;
  readonly selection: Omit<Selection, "selectionId">;
  readonly chunkNames: readonly ChunkName[];
  /** What the node is made to read. */
  readonly sealedBytes: number;
  /** 1 for the first. */
  readonly attempt: number;
}

/** Decides what each node is asked, and when: every copy that it holds once a cycle. */
export interface AuditPlanner {
  /** The node's next question; undefined where none is due. Plans its next cycle where the last has ended. */
  next(node: AuditedNode, nowMs: number): Promise<PlannedQuestion | undefined>;
}

export function createAuditPlanner(deps: AuditPlannerDeps, options: AuditPlannerOptions): AuditPlanner {
  return {
    next: async (node, nowMs) => {
      const again = await questionAgain(deps, node, nowMs);
      if (again !== undefined || node.unanswered.isFull) return again;
      const cycle = await currentCycle(deps, { node, cycleMs: options.cycleMs }, nowMs);
      node.begin(cycle);
      return await questionOfSlot(deps, { node, cycle, leafCount: options.leafCount }, nowMs);
    },
  };
}

/** Chunks that the node need not hold any more are not asked about again. */
async function questionAgain(
  { catalog }: AuditPlannerDeps,
  node: AuditedNode,
  nowMs: number,
): Promise<PlannedQuestion | undefined> {
  for (;;) {
    const question = node.unanswered.take(nowMs, node.chunksMax);
    if (question === undefined) return undefined;
    const { selection, attempt } = question;
    const held = await heldChunks(catalog, node.id, question.chunkNames);
    if (held.length > 0) return { ...asked(held), selectionId: selection.selectionId, selection, attempt };
  }
}

async function currentCycle(
  { catalog, periods, closerLookUntilMs }: AuditPlannerDeps,
  { node, cycleMs: usualMs }: { readonly node: AuditedNode; readonly cycleMs: number },
  nowMs: number,
): Promise<NodeCycle> {
  const isCloser = (closerLookUntilMs(node.id) ?? 0) > nowMs;
  const cycleMs = isCloser ? Math.ceil(usualMs / CLOSER_LOOK_FACTOR) : usualMs;
  if (node.cycle?.cycleMs === cycleMs && !node.cycle.isOver(nowMs)) return node.cycle;
  const cycle = Math.floor(nowMs / cycleMs);
  const { chunks: chunkCount } = await catalog.holdingsOf(node.id);
  const permute = periods.wordsOf(utcDayOf(cycle * cycleMs));
  const plan = planCycle({ nodeId: node.id, cycle, cycleMs, chunkCount, permute });
  // The last one may have ended a moment ago.
  const fromMs = Math.min(nowMs, node.cycle?.endMs ?? nowMs);
  return new NodeCycle(plan, { cycle, cycleMs, names: new FewNames(catalog, cycleMs) }, fromMs);
}

/** Empty slots are passed over. */
async function questionOfSlot(
  { catalog }: AuditPlannerDeps,
  { node, cycle, leafCount }: { readonly node: AuditedNode; readonly cycle: NodeCycle; readonly leafCount: number },
  nowMs: number,
): Promise<PlannedQuestion | undefined> {
  for (;;) {
    const names = cycle.dueNames(nowMs);
    if (names === undefined) return undefined;
    const page = await cycle.names.of({ nodeId: node.id, range: names, limit: node.chunksMax }, nowMs);
    const held = await heldChunks(catalog, node.id, page.names);
    const [batch] = cutIntoBatches(held, { chunks: node.chunksMax, bytes: AUDIT_SEALED_BYTES_MAX });
    const isCut = batch !== undefined && batch.length < held.length;
    const number = cycle.takeNumber();
    if (isCut) cycle.askedUpTo(batch.at(-1)!.name);
    else if (page.lastName === undefined) cycle.endSlot();
    else cycle.askedUpTo(page.lastName);
    if (batch === undefined) continue;
    const selection = { day: utcDayOf(nowMs), window: cycle.cycle, number, leafCount };
    return { ...asked(batch), selectionId: undefined, selection, attempt: 1 };
  }
}

function asked(chunks: readonly { readonly name: ChunkName; readonly sealedLength: number }[]) {
  return {
    chunkNames: chunks.map(({ name }) => name),
    sealedBytes: chunks.reduce((sum, { sealedLength }) => sum + sealedLength, 0),
  };
}
