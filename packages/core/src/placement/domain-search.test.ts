import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseDomains, type DomainChoice, type DomainProblem } from "./domain-search.ts";
import { DOMAIN_LABELS, type DomainMember, indexDomains } from "./failure-domains.ts";

/** A node as [operator, network, site, power]; "-" is a missing label. */
type Row = readonly [string, string, string, string];

function memberOf([operatorId, ...values]: Row): DomainMember {
  const labels: Record<string, string> = {};
  for (const [i, value] of values.entries()) if (value !== "-") labels[DOMAIN_LABELS[i + 1]!] = value;
  return { operatorId, labels };
}

function problemOf(rows: readonly Row[], copies: number, heldCount = 0): DomainProblem {
  const numbers = rows.map((_, number) => number);
  return {
    index: indexDomains(rows.map(memberOf)),
    held: numbers.slice(0, heldCount),
    order: numbers.slice(heldCount),
    leadCount: 0,
    copies,
  };
}

function clashesOf(rows: readonly Row[], held: readonly number[], chosen: readonly number[]): number[] {
  const all = [...held, ...chosen];
  return DOMAIN_LABELS.map((_, label) => {
    let pairs = 0;
    for (let b = held.length; b < all.length; b++) {
      for (let a = 0; a < b; a++) {
        const value = rows[all[a]!]![label];
        if (value !== "-" && value === rows[all[b]!]![label]) pairs += 1;
      }
    }
    return pairs;
  });
}

/** Every choice of `count` from `numbers`, in lexicographic order. */
function* choicesOf(numbers: readonly number[], count: number): Generator<number[]> {
  if (count === 0) yield [];
  for (const [i, first] of numbers.entries()) {
    if (count === 0) return;
    for (const rest of choicesOf(numbers.slice(i + 1), count - 1)) yield [first, ...rest];
  }
}

function bruteForce(rows: readonly Row[], { held, order, copies }: DomainProblem): DomainChoice {
  let best: DomainChoice | undefined;
  for (const chosen of choicesOf(order, copies)) {
    const clashes = clashesOf(rows, held, chosen);
    if (best === undefined || isLess(clashes, best.clashes)) best = { chosen, clashes };
  }
  return best!;
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! < b[i]!;
  return false;
}

const value = (names: string): fc.Arbitrary<string> => fc.constantFrom(...names.split(""));
const row: fc.Arbitrary<Row> = fc.oneof(
  fc.tuple(value("abcdef"), value("abcd-"), value("abc-"), value("ab-")),
  fc.tuple(value("abc"), value("abcd"), value("abcd"), value("abcd")),
  fc.tuple(value("abcde"), value("abcde"), value("abcde"), value("abcde-")),
);
const smallNetwork = fc
  .array(row, { minLength: 1, maxLength: 9 })
  .chain((rows) => fc.tuple(fc.constant(rows), fc.nat({ max: Math.min(3, rows.length) })))
  .chain(([rows, held]) =>
    fc.tuple(fc.constant(rows), fc.constant(held), fc.nat({ max: Math.min(5, rows.length - held) })),
  );

describe("chooseDomains", () => {
  it("finds what trying every choice finds: the fewest clashes by importance, then the first in order", () => {
    fc.assert(
      fc.property(smallNetwork, ([rows, heldCount, copies]) => {
        const problem = problemOf(rows, copies, heldCount);
        const { chosen, clashes } = chooseDomains(problem);
        expect(clashes).toEqual(clashesOf(rows, problem.held, chosen));
        expect({ chosen, clashes }).toEqual(bruteForce(rows, problem));
      }),
      { numRuns: 6000 },
    );
  });

  it("passes over wanted nodes when only others can be apart", () => {
    const rows: Row[] = [
      ["ann", "n1", "-", "-"],
      ["bob", "n2", "-", "-"],
      ["ann", "n3", "-", "-"],
      ["cid", "n1", "-", "-"],
    ];
    expect(chooseDomains(problemOf(rows, 3))).toEqual({ chosen: [1, 2, 3], clashes: [0, 0, 0, 0] });
  });

  it("spreads evenly over too few domains: at most ⌈copies / domains⌉ in each", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 9 }), (sites, copies) => {
        const rows = Array.from(
          { length: sites * 9 },
          (_, i): Row => [`o${i}`, "-", `s${Math.floor(i / 4) % sites}`, "-"],
        );
        const counts = new Map<string, number>();
        for (const node of chooseDomains(problemOf(rows, copies)).chosen) {
          counts.set(rows[node]![2], (counts.get(rows[node]![2]) ?? 0) + 1);
        }
        expect(Math.max(...counts.values())).toBe(Math.ceil(copies / sites));
        expect(counts.size).toBe(Math.min(sites, copies));
      }),
    );
  });

  it("lets power go before site, site before network, network before operator", () => {
    const rows: Row[] = [
      ["a", "a", "a", "a"],
      ["b", "b", "b", "a"],
      ["c", "c", "a", "b"],
      ["d", "a", "c", "c"],
      ["a", "d", "d", "d"],
    ];
    const without = (...gone: number[]): DomainChoice => {
      const order = [0, 1, 2, 3, 4].filter((node) => !gone.includes(node));
      return chooseDomains({ ...problemOf(rows, 2), order });
    };
    expect(without(2, 3, 4)).toEqual({ chosen: [0, 1], clashes: [0, 0, 0, 1] });
    expect(without(1, 3, 4)).toEqual({ chosen: [0, 2], clashes: [0, 0, 1, 0] });
    expect(without(1, 4)).toEqual({ chosen: [2, 3], clashes: [0, 0, 0, 0] });
    expect(without(1, 2)).toEqual({ chosen: [3, 4], clashes: [0, 0, 0, 0] });
    expect(chooseDomains({ ...problemOf(rows, 1, 1), order: [4, 3] })).toEqual({ chosen: [3], clashes: [0, 1, 0, 0] });
  });

  it("ends early on a large network without an arrangement, and still gives up the least", () => {
    // Of the three operators two are on one network, so three copies cannot be apart on both labels.
    const rows = Array.from(
      { length: 3000 },
      (_, i): Row =>
        i % 3 === 0 ? ["a", `n${i}`, `s${i}`, `p${i}`] : [["b", "c"][i % 2]!, "shared", `s${i}`, `p${i}`],
    );
    expect(chooseDomains(problemOf(rows, 3)).clashes).toEqual([0, 1, 0, 0]);
  });

  it("ends on a problem made to be hard, and answers with few clashes", () => {
    // Random triples over small sets: strict arrangements of 12 in 12 values are rare and costly to rule out.
    let state = 1;
    const next = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const rows = Array.from(
      { length: 60 },
      (): Row => [`o${next(12)}`, `n${next(12)}`, `s${next(12)}`, `p${next(12)}`],
    );
    const { chosen, clashes } = chooseDomains(problemOf(rows, 12));
    expect(new Set(chosen).size).toBe(12);
    expect(clashes[0]).toBe(0);
    expect(clashes).toEqual(clashesOf(rows, [], chosen));
  });

  it("answers with distinct nodes when no step is allowed at all", () => {
    fc.assert(
      fc.property(smallNetwork, ([rows, heldCount, copies]) => {
        const problem = problemOf(rows, copies, heldCount);
        const { chosen, clashes } = chooseDomains(problem, 1);
        expect(new Set(chosen).size).toBe(copies);
        expect(chosen.every((node) => problem.order.includes(node))).toBe(true);
        expect(clashes).toEqual(clashesOf(rows, problem.held, chosen));
      }),
    );
  });
});
