import type { BrowserContext } from "playwright-core";

/** The time in every picture, so that a picture changes only where the page does. */
const SHOWN_NOW = "2026-02-28T20:30:00.000Z";
/** Their times are made up already: made-up-economy.ts. */
const MADE_UP = String.raw`\/(?:earnings|audits)\?|\/api\/v1\/credits$`;

/**
 * The pages of this context are told that it is SHOWN_NOW, and stays so; what the coordinator says happened so long ago is
 * shown as so many whole minutes before that.
 */
export async function stopClock(context: BrowserContext): Promise<void> {
  await context.addInitScript(`(() => {
    const RealDate = Date;
    const shownMs = RealDate.parse(${JSON.stringify(SHOWN_NOW)});
    globalThis.Date = class extends RealDate {
      constructor(...given) {
        if (given.length === 0) super(shownMs);
        else super(...given);
      }
      static now() {
        return shownMs;
      }
    };
    const shown = (instant) => {
      const minutes = (RealDate.parse(instant) - RealDate.now()) / 60_000;
      const shownMinutes = minutes > 0 ? Math.ceil(minutes) - 0.5 : Math.ceil(minutes);
      return new RealDate(shownMs + shownMinutes * 60_000).toISOString();
    };
    const realFetch = fetch;
    globalThis.fetch = async (...given) => {
      const answer = await realFetch(...given);
      const isJson = (answer.headers.get("content-type") ?? "").startsWith("application/json");
      if (!isJson || new RegExp(${JSON.stringify(MADE_UP)}).test(answer.url)) return answer;
      const text = (await answer.text()).replace(/\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z/g, shown);
      return new Response(text, { status: answer.status, statusText: answer.statusText, headers: answer.headers });
    };
  })()`);
}
