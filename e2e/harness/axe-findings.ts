import axe from "axe-core";
import type { Page } from "playwright-core";

interface Findings {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
  readonly passes: number;
}

/** A page on which it finds fewer things to be right was not looked at. */
const PASSES_MIN = 5;

/** All of what is right would be sent here by each look, element by element. */
const RUN = "axe.run().then(({ violations, passes }) => ({ violations, passes: passes.length }))";

/** What axe finds on the page as it is now. By the debugger, as the page's policy allows no foreign script. */
export async function axeFindings(page: Page): Promise<readonly string[]> {
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(axe.source);
  const { violations, passes } = (await page.evaluate(RUN)) as Findings;
  if (passes <= PASSES_MIN) throw new Error(`axe looked at next to nothing: ${passes} rules passed`);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
}
