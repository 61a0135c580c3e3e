import { nextUtcDay, utcDayInterval, utcDayOf } from "@commonhold/core/economics/utc-day.ts";
import type { NodeId, UserId } from "@commonhold/core/ids.ts";
import type { CommandName, CommandPayload } from "@commonhold/metadata/metadata.ts";
import type { EconomyChecker } from "../economy-checker.ts";
import { type EconomyWorld, TERMS } from "../economy-world.ts";
import { type ExpectedDay, expectedDay, type ExpectedNodeDay } from "../expected-day.ts";
import { isCheatingKind, isFoundOut } from "../node-kinds.ts";

const DAY_MS = 86_400_000;
/** Of what it would earn, a node gets no more that is late with all it shows. */
const LATE_PERCENT = 5n;

/** Every line of every day is what follows from what really happened, to the last micro-credit. */
export class DayLinesChecker implements EconomyChecker {
  readonly name = "day lines";
  readonly #world: EconomyWorld;
  #day: string;
  #expected: ExpectedDay | undefined;
  readonly #booked = new Set<string>();
  #lines = 0;
  #days = 0;
  #charged = 0n;
  #paid = 0n;
  #gross = 0n;
  #uptimePenalties = 0n;
  #auditPenalties = 0n;

  constructor(world: EconomyWorld) {
    this.#world = world;
    this.#day = utcDayOf(world.wall.nowMs());
  }

  onReckoning(): void {
    const { copies, presence, wall, nodes } = this.#world;
    const day = this.#day;
    const auditsOf = (nodeId: NodeId) => this.#world.auditsOf(nodeId, day);
    const of = { day: utcDayInterval(day), nowMs: wall.nowMs(), nodeIds: [...nodes.keys()], auditsOf };
    this.#expected = expectedDay({ ...TERMS, ...of, copies, presence });
  }

  onCommand<Name extends CommandName>(name: Name, payload: CommandPayload<Name>): void {
    if (name === "economics.charge_owners") this.#checkOwners(payload as CommandPayload<"economics.charge_owners">);
    if (name === "economics.pay_nodes") this.#checkNodes(payload as CommandPayload<"economics.pay_nodes">);
  }

  async onDayClosed(day: string): Promise<void> {
    const { wall, copies, presence, trace } = this.#world;
    if (day !== this.#day) this.#fail(`${day} was settled and not ${this.#day}`);
    for (const [id, line] of this.#expected!.owners) {
      if (line.byteMs > 0n && !this.#booked.has(id)) this.#fail(`${day}: ${id} was charged nothing`);
    }
    for (const [id, line] of this.#expected!.nodes) {
      if (line.byteMs > 0n && !this.#booked.has(id)) this.#fail(`${day}: it was paid nothing`, id);
    }
    trace.record("settled", { note: day });
    this.#booked.clear();
    this.#days += 1;
    this.#day = nextUtcDay(day);
    const beginsMs = Math.min(utcDayInterval(this.#day).fromMs, wall.nowMs()) - 1;
    copies.forget(beginsMs);
    presence.forget(beginsMs);
  }

  verdict(): readonly string[] {
    const credits = (amount: bigint): string => (amount / 1_000_000n).toString();
    return [
      `${this.#lines} lines of ${this.#days} days are exact`,
      `charged ${credits(this.#charged)} credits, gross ${credits(this.#gross)}, less for uptime ` +
        `${credits(this.#uptimePenalties)}, less for audits ${credits(this.#auditPenalties)}, earned ${credits(this.#paid)}`,
    ];
  }

  #checkOwners({ day, lines }: CommandPayload<"economics.charge_owners">): void {
    for (const { owner_id, byte_ms, charged_microcredits } of lines) {
      const { byteMs, charge } = this.#expected!.owners.get(owner_id as UserId) ?? { byteMs: 0n, charge: 0n };
      this.#compare(`${day} ${owner_id}`, { byte_ms, charged_microcredits }, { byteMs, charge });
      this.#book(owner_id);
      this.#charged += charge;
    }
  }

  #checkNodes({ day, lines }: CommandPayload<"economics.pay_nodes">): void {
    for (const { node_id, ...figures } of lines) {
      const nodeId = node_id as NodeId;
      const expected = this.#expected!.nodes.get(nodeId)!;
      const { byteMs, observedMs, onlineMs, gross, uptimePenalty, auditPenalty, net } = expected;
      const inOrder = { observedMs, onlineMs, byteMs, gross, uptimePenalty, auditPenalty, net };
      this.#compare(`${day} ${this.#world.nodes.get(nodeId)?.name}`, figures, inOrder);
      this.#book(node_id);
      this.#checkLate(day, nodeId, expected);
      this.#paid += net;
      this.#gross += gross;
      this.#uptimePenalties += uptimePenalty;
      this.#auditPenalties += auditPenalty;
    }
  }

  /** Copies that are fetched when they are asked for earn next to nothing. */
  #checkLate(day: string, nodeId: NodeId, { gross, net }: ExpectedNodeDay): void {
    const { kind, cheatsFromMs } = this.#world.nodes.get(nodeId)!;
    if (!isCheatingKind(kind) || isFoundOut(kind) || this.#world.auditsOf(nodeId, day).counted === 0) return;
    const isWhole = this.#world.wall
      .realSpansOf(utcDayInterval(day))
      .every(({ fromMs }) => fromMs > cheatsFromMs + DAY_MS);
    if (isWhole && 100n * net > LATE_PERCENT * gross + 100n)
      this.#fail(`${day}: it is paid though all it shows is late`, nodeId);
  }

  #book(id: string): void {
    if (this.#booked.has(id)) this.#fail(`${this.#day}: ${id} is booked a second time`);
    this.#booked.add(id);
    this.#lines += 1;
  }

  /** Both in the same order. */
  #compare(what: string, found: Readonly<Record<string, unknown>>, expected: Readonly<Record<string, unknown>>): void {
    const [foundText, expectedText] = [found, expected].map((figures) => Object.values(figures).join(" "));
    this.#world.trace.record("line", { note: `${what} ${foundText}` });
    if (foundText === expectedText) return;
    this.#fail(`${what} has ${Object.keys(found).join(" ")} of ${foundText} where ${expectedText} is right`);
  }

  #fail(message: string, nodeId?: NodeId): void {
    this.#world.fail("wrong_sum", message, nodeId === undefined ? {} : { nodeId });
  }
}
