import type { ReputationStanding } from "@commonhold/core/audit/reputation.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import type { EconomyChecker } from "../economy-checker.ts";
import type { EconomyNode } from "../economy-node.ts";
import type { EconomyWorld } from "../economy-world.ts";
import { CHEATING_KINDS, type CheatingKind, isCheatingKind, isFoundOut } from "../node-kinds.ts";

const DAY_MS = 86_400_000;

/** Whoever cheats is disqualified soon, and nobody who is honest ever is. */
export class HonestyChecker implements EconomyChecker {
  readonly name = "honesty";
  readonly #world: EconomyWorld;
  readonly #standings = new Map<NodeId, Set<ReputationStanding>>();

  constructor(world: EconomyWorld) {
    this.#world = world;
  }

  onStanding(nodeId: NodeId, standing: ReputationStanding): void {
    const known = this.#standings.get(nodeId) ?? new Set();
    this.#standings.set(nodeId, known.add(standing));
    if (standing !== "disqualified") return;
    const node = this.#world.nodes.get(nodeId)!;
    node.disqualifiedAtMs ??= this.#world.time.elapsedMs;
    if (!node.cheats(this.#world.time.elapsedMs)) {
      this.#world.fail("injustice", `an honest node (${node.kind}) is disqualified`, { nodeId });
    }
  }

  onRound(): void {
    const { time, pace, nodes } = this.#world;
    for (const node of nodes.values()) {
      if (!isToBeFound(node) || node.disqualifiedAtMs !== undefined) continue;
      if (time.elapsedMs - node.cheatsFromMs <= pace.detectionDaysMax * DAY_MS) continue;
      const days = ((time.elapsedMs - node.cheatsFromMs) / DAY_MS).toFixed(1);
      this.#world.fail("uncaught", `it has cheated (${node.kind}) for ${days} days and is not disqualified`, {
        nodeId: node.id,
      });
    }
  }

  verdict(): readonly string[] {
    const nodes = [...this.#world.nodes.values()];
    const cheats = nodes.filter(isToBeFound);
    const found = cheats.filter(({ disqualifiedAtMs }) => disqualifiedAtMs !== undefined);
    const honest = nodes.filter(({ kind }) => !isCheatingKind(kind));
    const suspended = honest.filter(({ id }) => this.#standings.get(id)?.has("suspended")).length;
    return [
      `${found.length} of ${cheats.length} nodes that cheat are disqualified, none of ${honest.length} honest ones ` +
        `(${suspended} of these were suspended for a while)`,
      ...(Object.keys(CHEATING_KINDS) as CheatingKind[]).flatMap((kind) => describeKind(kind, found)),
    ];
  }
}

function isToBeFound({ kind }: EconomyNode): boolean {
  return isCheatingKind(kind) && isFoundOut(kind);
}

function describeKind(kind: CheatingKind, found: readonly EconomyNode[]): readonly string[] {
  const days = found
    .filter((node) => node.kind === kind)
    .map(({ disqualifiedAtMs, cheatsFromMs }) => (disqualifiedAtMs! - cheatsFromMs) / DAY_MS)
    .sort((a, b) => a - b);
  if (days.length === 0) return [];
  return [`${kind.padEnd(10)} found after ${days.map((count) => count.toFixed(2)).join(", ")} days`];
}
