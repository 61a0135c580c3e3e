import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AUDIT_OUTCOMES, type AuditOutcome } from "./audit-outcome.ts";
import {
  applyOutcome,
  applyOutcomes,
  auditScoreOf,
  errorScoreOf,
  freshReputation,
  REPUTATION_TERMS,
  reliabilityOf,
  type ReputationState,
  standingOfReputation,
} from "./reputation.ts";

const DAY_MS = 24 * 3_600_000;
const terms = REPUTATION_TERMS;

interface Challenge {
  readonly outcomes: readonly AuditOutcome[];
  readonly isFinal?: boolean;
  readonly waitMs?: number;
}

/** What becomes of a node that nobody knew, and everything that its operator is told. */
function after(challenges: readonly Challenge[], from = freshReputation()) {
  let state = from;
  let nowMs = 0;
  const kinds: string[] = [];
  for (const { outcomes, isFinal = false, waitMs = 0 } of challenges) {
    nowMs += waitMs;
    const step = applyOutcomes(state, outcomes, { terms, nowMs, isFinal });
    state = step.state;
    kinds.push(...step.changes.map(({ kind }) => kind));
  }
  return { state, kinds };
}

function times(count: number, ...outcomes: readonly AuditOutcome[]): readonly Challenge[] {
  return Array.from({ length: count }, () => ({ outcomes }));
}

const outcomesOf = (...those: readonly AuditOutcome[]) =>
  fc.array(fc.constantFrom(...those), { minLength: 1, maxLength: 20 });
const challengesOf = (...those: readonly AuditOutcome[]) =>
  fc.array(
    fc.record({
      outcomes: outcomesOf(...those),
      isFinal: fc.boolean(),
      waitMs: fc.integer({ min: -DAY_MS, max: DAY_MS }),
    }),
    { maxLength: 200 },
  );

describe("reputation, whatever happens,", () => {
  it("stays within its bounds, and never is no number", () => {
    fc.assert(
      fc.property(challengesOf(...AUDIT_OUTCOMES), (challenges) => {
        const { state } = after(challenges);
        for (const score of [auditScoreOf(state), errorScoreOf(state), reliabilityOf(state, 1)]) {
          expect(score >= 0 && score <= 1).toBe(true);
        }
        // The memory of each score is 1 / (1 − λ) outcomes long.
        expect(state.auditAlpha + state.auditBeta).toBeCloseTo(1000, 6);
        expect(state.errorAlpha + state.errorBeta).toBeCloseTo(20, 6);
      }),
    );
  });

  it("is a function of its history alone, and changes nothing that it is given", () => {
    fc.assert(
      fc.property(challengesOf(...AUDIT_OUTCOMES), (challenges) => {
        expect(after(challenges, Object.freeze(freshReputation()))).toEqual(after(challenges));
      }),
      { numRuns: 20 },
    );
  });

  it("tells of each change of standing, with its figures", () => {
    fc.assert(
      fc.property(challengesOf(...AUDIT_OUTCOMES), (challenges) => {
        let state = freshReputation();
        for (const { outcomes, isFinal } of challenges) {
          const before = standingOfReputation(state);
          const step = applyOutcomes(state, outcomes, { terms, nowMs: 0, isFinal });
          state = step.state;
          const told = step.changes.filter(({ kind }) => kind !== "closer_look");
          if (standingOfReputation(state) !== before) expect(told.length).toBeGreaterThan(0);
          for (const { why } of step.changes) expect(why).toMatch(/\d/);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe("an honest node", () => {
  const HONEST = ["passed", "offline", "late", "lost", "refused", "error"] as const;

  it("is never found dishonest, however often it is offline, late, or loses chunks and says so", () => {
    fc.assert(
      fc.property(challengesOf(...HONEST), (challenges) => {
        const { state, kinds } = after(challenges);
        expect(kinds).not.toContain("disqualified");
        expect(auditScoreOf(state)).toBe(1);
      }),
    );
  });

  it("keeps both scores while it is offline, late, or reports losses", () => {
    const { state, kinds } = after([
      ...times(10_000, "offline"),
      ...times(10_000, "late", "late"),
      ...times(10_000, "lost", "lost"),
    ]);
    expect([auditScoreOf(state), errorScoreOf(state), kinds]).toEqual([1, 1, []]);
  });

  it("loses nothing of its honesty by silence that is asked again", () => {
    const { state } = after(times(10_000, "silent"));
    expect(auditScoreOf(state)).toBe(1);
    expect(standingOfReputation(state)).toBe("suspended");
  });

  it("is vetted after 100 passed audits over three days, not sooner", () => {
    const soon = after([...times(100, "passed"), { outcomes: ["passed"], waitMs: 3 * DAY_MS - 1 }]);
    expect(standingOfReputation(soon.state)).toBe("vetting");
    const few = after([...times(98, "passed"), { outcomes: ["passed"], waitMs: 30 * DAY_MS }]);
    expect(standingOfReputation(few.state)).toBe("vetting");
    const due = after([...times(99, "passed"), { outcomes: ["passed"], waitMs: 3 * DAY_MS }, ...times(3, "passed")]);
    expect(standingOfReputation(due.state)).toBe("trusted");
    expect(due.kinds).toEqual(["vetted"]);
  });
});

describe("wrong answers", () => {
  it("disqualify when 41 come in a row, and 40 do not", () => {
    expect(standingOfReputation(after(times(40, "wrong")).state)).toBe("vetting");
    const { state, kinds } = after(times(45, "wrong"));
    expect(standingOfReputation(state)).toBe("disqualified");
    expect(kinds.filter((kind) => kind !== "closer_look")).toEqual(["disqualified"]);
    expect(kinds).toHaveLength(42); // closer looks end with the disqualification
    expect(auditScoreOf(state)).toBeCloseTo(0.999 ** 41, 10);
  });

  it("disqualify after a long good past as well", () => {
    const good = after(times(50_000, "passed")).state;
    expect(standingOfReputation(after(times(41, "wrong"), good).state)).toBe("disqualified");
  });

  it("now and then do not: under 4 in a hundred a node lives on, above it does not", () => {
    const everyNth = (n: number) =>
      after(Array.from({ length: 300 }, () => [...times(n - 1, "passed"), ...times(1, "wrong")]).flat());
    expect(standingOfReputation(everyNth(40).state)).not.toBe("disqualified");
    expect(standingOfReputation(everyNth(15).state)).toBe("disqualified");
  });

  it("bring a closer look for a day, which a further one prolongs", () => {
    const first = applyOutcome(freshReputation(), "wrong", { terms, nowMs: 1000 });
    expect(first.state.closerLookUntilMs).toBe(DAY_MS + 1000);
    expect(first.changes).toEqual([{ kind: "closer_look", why: expect.stringContaining("24 hours") }]);
    const passed = applyOutcome(first.state, "passed", { terms, nowMs: 2000 });
    expect(passed.state.closerLookUntilMs).toBe(DAY_MS + 1000);
    expect(applyOutcome(passed.state, "wrong", { terms, nowMs: 3000 }).state.closerLookUntilMs).toBe(DAY_MS + 3000);
  });
});

describe("final silence", () => {
  it("counts against honesty once a challenge, however many chunks it asks about", () => {
    const once = after([{ outcomes: ["silent"], isFinal: true }]).state;
    const batch = after([{ outcomes: Array.from({ length: 20 }, () => "silent" as const), isFinal: true }]).state;
    expect(batch).toEqual(once);
    expect(auditScoreOf(once)).toBeCloseTo(0.999, 10);
    expect(errorScoreOf(once)).toBe(1);
  });

  it("disqualifies in the end", () => {
    const silences = Array.from({ length: 41 }, () => ({ outcomes: ["silent", "silent"] as const, isFinal: true }));
    expect(standingOfReputation(after(silences).state)).toBe("disqualified");
  });
});

describe("suspension", () => {
  it.each(["silent", "refused", "error"] as const)(
    "comes with the tenth challenge in a row that ends in %s",
    (outcome) => {
      expect(standingOfReputation(after(times(9, outcome, outcome, outcome)).state)).toBe("vetting");
      const { state, kinds } = after(times(10, outcome, outcome, outcome));
      expect([standingOfReputation(state), kinds]).toEqual(["suspended", ["suspended"]]);
    },
  );

  it("ends when the node answers again, and not before it does so for a while", () => {
    const suspended = after(times(10, "error")).state;
    expect(standingOfReputation(after(times(19, "passed"), suspended).state)).toBe("suspended");
    const { state, kinds } = after(times(20, "passed"), suspended);
    expect([standingOfReputation(state), kinds]).toEqual(["vetting", ["restored"]]);
    expect(state.suspendedAtMs).toBeNull();
  });

  it("does not come and go with each answer", () => {
    const suspended = after(times(10, "error")).state;
    const { kinds } = after(
      Array.from({ length: 500 }, () => [...times(3, "passed"), ...times(1, "error")]).flat(),
      suspended,
    );
    expect(kinds).toEqual([]);
  });

  describe("of a node that does no better", () => {
    const suspended = after(times(10, "refused")).state;
    const WEEK_MS = 7 * DAY_MS;

    it.each(["silent", "refused", "error"] as const)(
      "ends after seven days, with the next %s, in its leaving",
      (one) => {
        const { state, kinds } = after([{ outcomes: [one, one], waitMs: WEEK_MS - 1 }], suspended);
        expect([standingOfReputation(state), kinds]).toEqual(["suspended", []]);
        const last = applyOutcome(state, one, { terms, nowMs: WEEK_MS });
        expect(standingOfReputation(last.state)).toBe("disqualified");
        expect(last.changes).toEqual([{ kind: "given_up", why: expect.stringMatching(/7 days ago.* 0\.5/) }]);
        expect(auditScoreOf(last.state)).toBe(1);
      },
    );

    it("is not ended by time alone, in which it was away or passed what it was asked", () => {
      const waited = { outcomes: ["offline"], waitMs: 4 * WEEK_MS } as const;
      const { state, kinds } = after([waited, ...times(3, "passed"), ...times(100, "late")], suspended);
      expect([standingOfReputation(state), kinds]).toEqual(["suspended", []]);
    });

    it("goes on where it answers every other time", () => {
      const some = Array.from({ length: 500 }, () => ({ outcomes: ["passed"] as const, waitMs: DAY_MS / 24 }));
      const { state } = after(
        some.flatMap((one) => [one, one, ...times(1, "error")]),
        after(times(2, "passed"), suspended).state,
      );
      expect(standingOfReputation(state)).toBe("suspended");
    });
  });

  it("leaves a trusted node trusted when it is over", () => {
    const trusted: ReputationState = { ...freshReputation(), vettedAtMs: 1 };
    const { state } = after([...times(10, "error"), ...times(30, "passed")], trusted);
    expect(standingOfReputation(state)).toBe("trusted");
  });
});

describe("a disqualified node", () => {
  it("stays what it is", () => {
    const { state } = after(times(41, "wrong"));
    fc.assert(
      fc.property(challengesOf(...AUDIT_OUTCOMES), (challenges) => {
        expect(after(challenges, state)).toEqual({ state, kinds: [] });
      }),
      { numRuns: 20 },
    );
  });
});

describe("reliability", () => {
  const vetted: ReputationState = { ...freshReputation(), vettedAtMs: 1 };

  it("is the share of time online × the audit score, half of it until a node is vetted", () => {
    expect(reliabilityOf(vetted, 1)).toBe(1);
    expect(reliabilityOf(vetted, 0.987)).toBe(0.99);
    expect(reliabilityOf({ ...vetted, auditAlpha: 970, auditBeta: 30 }, 0.9)).toBe(0.87);
    expect(reliabilityOf(freshReputation(), 0.8)).toBe(0.4);
    expect(reliabilityOf({ ...vetted, disqualifiedAtMs: 2 }, 1)).toBe(0);
  });

  it("is no more than 1 and no less than 0, whatever the share", () => {
    expect([reliabilityOf(vetted, 1.2), reliabilityOf(vetted, -0.1)]).toEqual([1, 0]);
  });
});
