import type { TimeInterval } from "@commonhold/core/economics/time-interval.ts";
import { utcDayInterval } from "@commonhold/core/economics/utc-day.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import type { EconomyChecker } from "../economy-checker.ts";
import type { EconomyWorld } from "../economy-world.ts";

const ERROR_MAX = 0.01;
/** Of a day that was hardly watched nothing is asked. */
const WATCHED_MS_MIN = 12 * 3_600_000;

/** The uptime of each node and day is within 1 % of the truth, that is of the time in which a coordinator was up. */
export class UptimeChecker implements EconomyChecker {
  readonly name = "uptime";
  readonly #world: EconomyWorld;
  #checked = 0;
  #worst = 0;

  constructor(world: EconomyWorld) {
    this.#world = world;
  }

  async onDayClosed(day: string): Promise<void> {
    const { metadata, nodes } = this.#world;
    const rows = await metadata.read
      .selectFrom("node_days")
      .select(["node_id", "observed_ms", "online_ms"])
      .where("day", "=", day)
      .where("settled_at_ms", "is not", null)
      .execute();
    for (const { node_id, observed_ms, online_ms } of rows) {
      const node = nodes.get(node_id as NodeId)!;
      // Who is cut off is not heard.
      if (node.isBanned || node.disqualifiedAtMs !== undefined || observed_ms === 0) continue;
      const { watchedMs, upMs } = this.#truth(day, node.upSpans);
      if (watchedMs < WATCHED_MS_MIN) continue;
      const error = Math.abs(online_ms / observed_ms - upMs / watchedMs);
      this.#checked += 1;
      this.#worst = Math.max(this.#worst, error);
      if (error <= ERROR_MAX) continue;
      const shares = [online_ms / observed_ms, upMs / watchedMs].map((share) => `${(100 * share).toFixed(2)} %`);
      this.#world.fail("wrong_sum", `its uptime on ${day} is said to be ${shares[0]}, and was ${shares[1]}`, {
        nodeId: node.id,
      });
    }
  }

  verdict(): readonly string[] {
    return [`${this.#checked} days of nodes, each within ${(100 * this.#worst).toFixed(2)} % of the truth`];
  }

  #truth(day: string, upSpans: readonly TimeInterval[]): { readonly watchedMs: number; readonly upMs: number } {
    const { wall, watchedSpans } = this.#world;
    const watched = common(wall.realSpansOf(utcDayInterval(day)), watchedSpans);
    return { watchedMs: lengthOf(watched), upMs: lengthOf(common(watched, upSpans)) };
  }
}

function common(some: readonly TimeInterval[], others: readonly TimeInterval[]): readonly TimeInterval[] {
  return some.flatMap((one) =>
    others
      .map((other) => ({ fromMs: Math.max(one.fromMs, other.fromMs), toMs: Math.min(one.toMs, other.toMs) }))
      .filter(({ fromMs, toMs }) => fromMs < toMs),
  );
}

function lengthOf(spans: readonly TimeInterval[]): number {
  return spans.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
}
