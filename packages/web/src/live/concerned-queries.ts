import type { Query } from "@tanstack/react-query";

/** By topic of the coordinator's events: what the keys of the queries begin with that it may have changed. */
const CONCERNED: Readonly<Record<string, readonly string[]>> = {
  files: ["files", "file", "folders", "folder", "versions", "search", "shares", "chunks", "status"],
  folders: ["folders", "folder", "files", "search"],
  nodes: ["nodes", "node", "node-events", "status", "admin-nodes"],
  repair: ["repair", "status", "file", "chunks"],
  jobs: ["jobs"],
  credits: ["credits", "me"],
};
/** Addresses that a film may be playing from, and what was read by them: asking anew would begin it again. */
const LASTING: ReadonlySet<unknown> = new Set(["ticket", "text", "link", "link-ticket", "link-text", "sealed-link"]);

/** @param topics undefined: whatever may have changed */
export function isConcerned({ queryKey: [root] }: Pick<Query, "queryKey">, topics?: ReadonlySet<string>): boolean {
  if (topics === undefined) return !LASTING.has(root);
  return [...topics].some((topic) => CONCERNED[topic]?.includes(String(root)) === true);
}

/** What anybody may see who has a link stays when a person signs out. */
const OF_LINKS: ReadonlySet<unknown> = new Set(["link", "link-ticket", "link-text", "sealed-link"]);

export function isOfPerson({ queryKey: [root] }: Pick<Query, "queryKey">): boolean {
  return !OF_LINKS.has(root);
}
