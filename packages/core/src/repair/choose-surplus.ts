import type { NodeId } from "../ids.ts";
import { indexDomains } from "../placement/failure-domains.ts";
import type { NodeSurvey } from "../placement/node-survey.ts";
import { placeReplicas } from "../placement/place-replicas.ts";
import type { ChunkRecord } from "./chunk-record.ts";
import type { ChunkHealth } from "./judge-chunk.ts";

/**
 * Which copies to drop, the most useless first: all that serve nothing, then of the active ones as many as there are
 * over the target. What is kept of these is what placement would choose if there were no nodes but the holders: domains
 * apart, one copy with the owner, then the highest scores. Pins are never dropped, nor active copies on nodes that the
 * survey does not know.
 * @param health of this chunk, as judged now
 * @param survey of the nodes as they are now
 */
export function chooseSurplus(chunk: ChunkRecord, health: ChunkHealth, survey: NodeSurvey): readonly NodeId[] {
  const { droppable, excess } = health;
  const active = new Set(health.readable.slice(0, health.live));
  const useless = droppable.filter((id) => !active.has(id));
  if (excess === 0) return useless;

  const candidates = droppable.filter((id) => active.has(id) && survey.numberOf.has(id));
  const { spares } = placeReplicas(
    {
      chunkName: chunk.name,
      lengthBytes: 0,
      copies: Math.max(0, candidates.length - excess),
      ownerId: chunk.ownerId,
      held: new Set(chunk.pins.filter((id) => active.has(id))),
    },
    surveyOf([...active], survey),
  );
  return [...useless, ...spares.toReversed()];
}

/** The survey as if there were only these nodes. */
function surveyOf(ids: readonly NodeId[], survey: NodeSurvey): NodeSurvey {
  const numbers = ids
    .map((id) => survey.numberOf.get(id))
    .filter((number) => number !== undefined)
    .sort((a, b) => a - b);
  const nodes = numbers.map((number) => survey.nodes[number]!);
  return {
    nodes,
    numberOf: new Map(nodes.map(({ id }, number) => [id, number])),
    hashes: numbers.map((number) => survey.hashes[number]!),
    weights: Float64Array.from(numbers, (number) => survey.weights[number]!),
    index: indexDomains(nodes),
  };
}
