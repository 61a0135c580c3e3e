/**
 * Deliberate defects, of the simulation's own parts around the production code: whether the checkers see them tells
 * whether they see anything.
 */
export const BREAKS = {
  "ignored-rot": "nobody verifies the bytes that are copied, read or reread",
  "unfenced-deletion": "nodes delete whatever epoch they stored it under",
  "blind-detector": "every node counts as live",
  "jumpy-detector": "a node counts as offline as soon as it is suspect",
  "careless-eviction": "nodes may part with copies whether or not the others are on nodes that are there",
  "imagined-copy": "a copy from node to node counts as made before it is",
  "unsent-deletion": "a deletion counts as done though it never reaches the node",
  "hasty-acknowledgement": "an upload is acknowledged though no node has the bytes on disk",
} as const satisfies Record<string, string>;

export type BreakName = keyof typeof BREAKS;

export function isBreakName(text: string): text is BreakName {
  return Object.hasOwn(BREAKS, text);
}
