import { expect, test, vi } from "vitest";
import { ProgressDisplay } from "./progress-display.ts";

function terminal(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, columns: 80, written, write: (text: string) => written.push(text) };
}

test("on a terminal one line is drawn over and over, and erased for results and at the end", () => {
  vi.useFakeTimers();
  try {
    const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
    const screen = terminal(true);
    const display = new ProgressDisplay({ clock, terminal: screen }, { bytes: 200, files: 2 });
    const file = display.begin("a\u001b[31m.txt");
    file.update(0);
    file.update(50);
    vi.advanceTimersByTime(100);
    expect(screen.written.at(-1)).toMatch(/^\r\u001b\[K\[1\/2\] a\ufffd\[31m\.txt {3}25 %/);
    display.interrupt(() => screen.write("stored\n"));
    expect(screen.written.slice(-2)).toEqual(["\r\u001b[K", "stored\n"]);
    display.close();
    const { length } = screen.written;
    vi.advanceTimersByTime(1_000);
    expect(screen.written).toHaveLength(length);
    expect(screen.written.at(-1)).toBe("\r\u001b[K");
  } finally {
    vi.useRealTimers();
  }
});

test("what was there before counts as done, not as speed", () => {
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const display = new ProgressDisplay({ clock, terminal: undefined }, { bytes: 1_000, files: 1 });
  const file = display.begin("a");
  file.update(900);
  nowMs = 1_000;
  file.update(1_000);
  expect(file.end()).toEqual({ elapsedMs: 1_000, movedBytes: 100 });
});

test("trouble is told once, until there is progress again", () => {
  const clock = { nowMs: () => 0, monotonicMs: () => 0 };
  const file = new ProgressDisplay({ clock, terminal: undefined }, { bytes: 1_000, files: 1 }).begin("a");
  const told: string[] = [];
  file.update(0);
  for (let i = 0; i < 3; i++) file.trouble(() => told.push("first"));
  file.update(0);
  file.trouble(() => told.push("still"));
  file.update(10);
  for (let i = 0; i < 3; i++) file.trouble(() => told.push("second"));
  expect(told).toEqual(["first", "second"]);
});

test("where there is no terminal nothing is written", () => {
  const screen = terminal(false);
  using display = new ProgressDisplay(
    { clock: { nowMs: () => 0, monotonicMs: () => 0 }, terminal: screen },
    { bytes: 1, files: 1 },
  );
  display.begin("a").update(1);
  display.interrupt(() => undefined);
  display.close();
  expect(screen.written).toEqual([]);
});
