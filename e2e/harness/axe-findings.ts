import axe from "axe-core";
import type { Page } from "playwright-core";

interface AxeResult {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
  readonly passes: readonly unknown[];
}

/** A page on which it finds fewer things to be right was not looked at. */
const PASSES_MIN = 5;

/** What axe finds on the page as it is now. By the debugger, as the page's policy allows no foreign script. */
export async function axeFindings(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const { violations, passes } = (await page.evaluate("axe.run()")) as AxeResult;
  if (passes.length <= PASSES_MIN) throw new Error(`axe looked at next to nothing: ${passes.length} rules passed`);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
}
