import { DOMAIN_LABELS, type DomainIndex, NO_DOMAIN } from "./failure-domains.ts";

/** Candidate tests in one search, and in all searches for one chunk: about 2 and 20 ms at the worst. */
const STEPS_MAX = 1 << 15;
const STEPS_TOTAL_MAX = 1 << 18;

export interface DomainProblem {
  readonly index: DomainIndex;
  /**
   * Candidates, the most wanted first. The first `leadCount` may only be chosen first and come again further on, so
   * that every candidate stands exactly once after them.
   */
  readonly order: readonly number[];
  readonly leadCount: number;
  /** Nodes that hold a replica already: their domains count. */
  readonly held: readonly number[];
  /** How many to choose, at most the number of candidates. */
  readonly copies: number;
}

export interface DomainChoice {
  readonly chosen: readonly number[];
  /** By label: pairs of replicas in one domain, without the pairs among the held. */
  readonly clashes: readonly number[];
}

/**
 * Chooses nodes with the fewest clashes: pairs of replicas that share a domain. Fewest on the most important label
 * first, then on the next; among equally good choices the first in the order of candidates.
 *
 * The fewest pairs on one label are also the most even spread: with copies ≤ domains all differ, else no domain has
 * more than ⌈copies / domains⌉ as far as there are nodes. What each label can reach alone is counted; a depth-first
 * search then looks for a choice that reaches it on all labels at once, and only if there is none, labels give way
 * from the least important. The problem (matching in several dimensions) is NP-hard: a search ends after 2^15 tests
 * and all together after 2^18, and what was not found by then is taken not to exist. With a few copies it takes some
 * thousand nodes or labels made to defeat it to come so far, as nodes of one class are tried once and what lies below
 * a node is counted before it is entered.
 */
export function chooseDomains(problem: DomainProblem, stepsMax = STEPS_MAX): DomainChoice {
  const search = new DomainSearch(problem);
  const least = DOMAIN_LABELS.map((_, label) => search.leastClashes(label));
  if (search.run(least, stepsMax)) return search.choice();

  const limits = DOMAIN_LABELS.map(() => Infinity);
  for (const [label, ofLabel] of least.entries()) {
    for (limits[label] = ofLabel; !search.run(limits, stepsMax); limits[label] += 1) {
      if (search.stepsTotal >= STEPS_TOTAL_MAX) return search.chooseGreedily();
    }
  }
  return search.choice();
}

class DomainSearch {
  readonly #problem: DomainProblem;
  /** By label, then by domain: replicas in it, held and chosen. */
  readonly #counts: readonly Int32Array[];
  readonly #chosen: number[] = [];
  readonly #clashes: number[] = DOMAIN_LABELS.map(() => 0);
  #limits: readonly number[] = DOMAIN_LABELS.map(() => Infinity);
  #stepsLeft = 0;
  /** Looking ahead pays only once the straight way down has failed. */
  #hasFailed = false;
  stepsTotal = 0;

  constructor(problem: DomainProblem) {
    this.#problem = problem;
    this.#counts = problem.index.sizes.map((sizes) => new Int32Array(sizes.length));
    for (const node of problem.held) this.#count(node, 1);
  }

  /** The fewest clashes on one label, when the others do not matter. */
  leastClashes(label: number): number {
    const { order, leadCount } = this.#problem;
    return this.#leastAdded(label, leadCount === 0 ? order : order.slice(leadCount));
  }

  /** Whether a choice within `limits` (by label) was found; `choice` then tells it. */
  run(limits: readonly number[], stepsMax: number): boolean {
    while (this.#chosen.length > 0) this.#drop();
    this.#limits = limits;
    this.#stepsLeft = Math.min(stepsMax, STEPS_TOTAL_MAX - this.stepsTotal);
    const stepsBefore = this.#stepsLeft;
    this.#hasFailed = false;
    const found = this.#descend(0);
    this.stepsTotal += stepsBefore - this.#stepsLeft;
    return found;
  }

  choice(): DomainChoice {
    return { chosen: [...this.#chosen], clashes: [...this.#clashes] };
  }

  /** One by one, each time the candidate that adds the fewest clashes: always an answer, seldom the worst. */
  chooseGreedily(): DomainChoice {
    const { order, copies } = this.#problem;
    while (this.#chosen.length > 0) this.#drop();
    while (this.#chosen.length < copies) {
      let best: number | undefined;
      let bestAdded: readonly number[] = [];
      for (const node of order) {
        if (this.#chosen.includes(node)) continue;
        const added = DOMAIN_LABELS.map((_, label) => this.#added(label, node));
        if (best !== undefined && !isLess(added, bestAdded)) continue;
        best = node;
        bestAdded = added;
      }
      this.#choose(best!);
    }
    return this.choice();
  }

  #descend(start: number): boolean {
    const { order, leadCount, copies, index } = this.#problem;
    if (this.#chosen.length === copies) return true;
    if (this.#hasFailed && !this.#isPromising(start)) return false;
    let failedClasses: Set<number> | undefined;
    for (let i = start; i < order.length; i++) {
      if (--this.#stepsLeft <= 0) return false;
      const node = order[i]!;
      const nodeClass = index.classes[node]!;
      if (failedClasses?.has(nodeClass) === true || !this.#fits(node)) continue;
      this.#choose(node);
      if (this.#descend(Math.max(i + 1, leadCount))) return true;
      this.#drop();
      failedClasses ??= new Set();
      failedClasses.add(nodeClass);
    }
    this.#hasFailed = true;
    return false;
  }

  /** False when what is left after `start` cannot stay within the limit of some label, whatever is chosen. */
  #isPromising(start: number): boolean {
    const { order, copies } = this.#problem;
    const open: number[] = [];
    for (let i = Math.max(start, this.#problem.leadCount); i < order.length; i++) {
      if (this.#fits(order[i]!)) open.push(order[i]!);
    }
    this.#stepsLeft -= order.length - start;
    if (open.length < copies - this.#chosen.length) return false;
    return this.#limits.every(
      (limit, label) => limit === Infinity || this.#clashes[label]! + this.#leastAdded(label, open) <= limit,
    );
  }

  /** The fewest clashes that the missing replicas add on `label` when they are chosen from `nodes`. */
  #leastAdded(label: number, nodes: readonly number[]): number {
    const domains = this.#problem.index.domains[label]!;
    const counts = this.#counts[label]!;
    let missing = this.#problem.copies - this.#chosen.length;
    const rooms = new Map<number, number>();
    for (const node of nodes) {
      if (missing <= 0) return 0;
      const domain = domains[node]!;
      if (domain !== NO_DOMAIN) {
        const room = rooms.get(domain) ?? 0;
        rooms.set(domain, room + 1);
        if (room > 0 || counts[domain]! > 0) continue;
      }
      missing -= 1;
    }
    let added = 0;
    for (let level = 1; missing > 0; level++) {
      for (const [domain, room] of rooms) {
        const count = counts[domain]!;
        if (missing === 0 || count > level || level >= count + room) continue;
        missing -= 1;
        added += level;
      }
    }
    return added;
  }

  #fits(node: number): boolean {
    for (let label = 0; label < this.#limits.length; label++) {
      if (this.#clashes[label]! + this.#added(label, node) > this.#limits[label]!) return false;
    }
    return this.#problem.leadCount === 0 || !this.#chosen.includes(node);
  }

  #added(label: number, node: number): number {
    const domain = this.#problem.index.domains[label]![node]!;
    return domain === NO_DOMAIN ? 0 : this.#counts[label]![domain]!;
  }

  #choose(node: number): void {
    for (let label = 0; label < this.#clashes.length; label++) this.#clashes[label]! += this.#added(label, node);
    this.#count(node, 1);
    this.#chosen.push(node);
  }

  #drop(): void {
    const node = this.#chosen.pop()!;
    this.#count(node, -1);
    for (let label = 0; label < this.#clashes.length; label++) this.#clashes[label]! -= this.#added(label, node);
  }

  #count(node: number, change: 1 | -1): void {
    const { domains } = this.#problem.index;
    for (let label = 0; label < domains.length; label++) {
      const domain = domains[label]![node]!;
      if (domain !== NO_DOMAIN) this.#counts[label]![domain]! += change;
    }
  }
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at !== -1 && a[at]! < b[at]!;
}
