import { describe, expect, it } from "vitest";
import { forwardAbort } from "./forward-abort.ts";

describe("forwardAbort", () => {
  it("passes on an abort with its reason", () => {
    const [from, to] = [new AbortController(), new AbortController()];
    forwardAbort(from.signal, to);
    expect(to.signal.aborted).toBe(false);
    from.abort("why");
    expect(to.signal.reason).toBe("why");
  });

  it("passes on one that was before", () => {
    const to = new AbortController();
    forwardAbort(AbortSignal.abort("why"), to);
    expect(to.signal.reason).toBe("why");
  });

  it("passes nothing on once it was ended", () => {
    const [from, to] = [new AbortController(), new AbortController()];
    forwardAbort(from.signal, to)();
    from.abort();
    expect(to.signal.aborted).toBe(false);
  });
});
