import type { Role } from "@commonhold/metadata/tables.ts";

export const EVENT_TOPICS = ["files", "folders", "nodes", "repair", "jobs", "credits"] as const;
export type EventTopic = (typeof EVENT_TOPICS)[number];

/** Who may hear of a change. */
export type Audience =
  | { readonly kind: "everyone" }
  | { readonly kind: "admins" }
  | { readonly kind: "user"; readonly userId: string };

export const EVERYONE: Audience = { kind: "everyone" };
export const ADMINS: Audience = { kind: "admins" };
export const onlyUser = (userId: string): Audience => ({ kind: "user", userId });

/** Something has changed: whoever shows it asks for it anew. */
export interface Announcement {
  readonly topic: EventTopic;
  readonly audience: Audience;
  /** Of what has changed; empty where the topic alone says it. */
  readonly ids: readonly string[];
}

/** What a role can hear of. */
export function topicsOf(role: Role): readonly EventTopic[] {
  return EVENT_TOPICS.filter((topic) => topic !== "jobs" || role === "admin");
}

/** More than these ids of a topic at once say no more than that much has changed. */
const IDS_MAX = 100;

/** What has changed of a topic since it was last told. */
export class TopicChanges {
  readonly #ids = new Set<string>();
  #hasMore = false;

  add(ids: Iterable<string>, hasMore = false): void {
    this.#hasMore ||= hasMore;
    for (const id of ids) {
      if (this.#ids.size < IDS_MAX || this.#ids.has(id)) this.#ids.add(id);
      else this.#hasMore = true;
    }
  }

  get ids(): readonly string[] {
    return [...this.#ids];
  }

  /** Whether there were others than `ids`. */
  get hasMore(): boolean {
    return this.#hasMore;
  }
}
