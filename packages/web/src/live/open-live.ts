import { sleep } from "@commonhold/client/backoff.ts";
import type { LiveEvent } from "@commonhold/client/events.ts";
import type { QueryClient } from "@tanstack/react-query";
import { afterFirstSight } from "../app/first-sight.ts";
import { pageRandom } from "../session/page-clock.ts";
import type { Session } from "../session/session.ts";
import { isConcerned } from "./concerned-queries.ts";
import { GatheredChanges } from "./gathered-changes.ts";
import { areChangesHeld } from "./held-changes.ts";
import { LiveStream, type Told } from "./live-stream.ts";

/** Hidden for so long, the page gives the connection back. */
const HIDDEN_MS_MAX = 5 * 60_000;
/** Without turns each tab has a connection, and a browser gives one address six: only tabs that are seen keep theirs. */
const HIDDEN_ALONE_MS_MAX = 5_000;

/** What is shown is asked for anew when the coordinator says that it has changed. */
export function openLive({
  session,
  queries,
}: {
  readonly session: Session;
  readonly queries: QueryClient;
}): LiveStream {
  const locks = (navigator as { readonly locks?: LockManager }).locks;
  const renew = (topics?: ReadonlySet<string>): void => {
    const refetchType = document.visibilityState === "visible" ? "active" : "none";
    void queries.invalidateQueries(
      { predicate: (query) => isConcerned(query, topics), refetchType },
      // An answer that is on its way may be older than a change; a hello tells of none.
      { cancelRefetch: topics !== undefined },
    );
  };
  const changes = new GatheredChanges({
    tell: renew,
    // A list that is laid out anew closes the menu of a row.
    isHeld: () => areChangesHeld() || document.querySelector('[role="menu"]') !== null,
    later: (action, ms) => setTimeout(action, ms),
  });
  const live = new LiveStream({
    watch: (signal, onLost) => watchEvents(session, signal, onLost),
    onEvent: (event) => (event.kind === "hello" ? renew() : changes.add(event.topic)),
    openChannel: (name, hear) => {
      const channel = new BroadcastChannel(name);
      channel.addEventListener("message", ({ data }: MessageEvent<Told>) => hear(data));
      return { send: (told) => channel.postMessage(told), close: () => channel.close() };
    },
    takeTurn: locks === undefined ? undefined : (name, signal, action) => locks.request(name, { signal }, action),
    sleep,
  });
  const follow = () => live.setUser(session.state() === "signed-in" ? session.userId() : undefined);
  session.subscribe(follow);
  follow();
  let falling: ReturnType<typeof setTimeout> | undefined;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(falling);
    if (document.visibilityState === "visible") live.setAwake(true);
    else {
      const afterMs = locks === undefined ? HIDDEN_ALONE_MS_MAX : HIDDEN_MS_MAX;
      falling = setTimeout(() => live.setAwake(false), afterMs);
    }
  });
  return live;
}

/** What is in sight has just been asked for: changes of it are told from then on. */
async function* watchEvents(session: Session, signal: AbortSignal, onLost: () => void): AsyncGenerator<LiveEvent> {
  const { createEvents } = await afterFirstSight(() => import("@commonhold/client/events.ts"));
  yield* createEvents({ transport: session.transport, random: pageRandom }).watch(signal, onLost);
}
