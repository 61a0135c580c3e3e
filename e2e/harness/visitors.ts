import type { BrowserContext, BrowserContextOptions } from "playwright-core";
import { openPage, signUp, type WatchedPage, type WebApp } from "./browser.ts";

export interface Newcomer extends WatchedPage {
  readonly context: BrowserContext;
  readonly email: string;
}

/** The people of a file of tests. */
export interface Visitors {
  /** A browser of its own, with nothing of anybody in it. */
  newContext(options?: BrowserContextOptions): Promise<BrowserContext>;
  /** Somebody new, signed in, with nothing stored yet; in a context of their own where none is given. */
  newcomer(given?: BrowserContext): Promise<Newcomer>;
  /** After each test. */
  leave(): Promise<void>;
}

/**
 * @param app asked when somebody comes
 * @param name what their e-mail addresses begin with
 * @param usual of their browsers, where nothing else is asked for
 */
export function visitorsOf(app: () => WebApp, name: string, usual: BrowserContextOptions = {}): Visitors {
  const contexts: BrowserContext[] = [];
  let newcomers = 0;
  const newContext = async (options: BrowserContextOptions = {}): Promise<BrowserContext> => {
    const context = await app().browser.newContext({ viewport: { width: 1280, height: 800 }, ...usual, ...options });
    contexts.push(context);
    return context;
  };
  return {
    newContext,
    newcomer: async (given) => {
      const context = given ?? (await newContext());
      const watched = await openPage(context, app().network.url);
      const email = `${name}-${++newcomers}@example.org`;
      await signUp(watched.page, email);
      return { ...watched, context, email };
    },
    leave: async () => {
      for (const context of contexts.splice(0)) await context.close();
    },
  };
}
