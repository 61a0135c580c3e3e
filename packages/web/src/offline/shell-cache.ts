/** What one build of the app consists of, beside its page. */
export interface ShellBuild {
  readonly id: string;
  /** Subresource Integrity of the page. */
  readonly pageIntegrity: string;
  /** Addresses, "/assets/…" and those of a few files at the root. */
  readonly files: readonly string[];
}

export interface ShellCacheDeps {
  readonly caches: CacheStorage;
  readonly fetch: typeof fetch;
  readonly pause: (ms: number) => Promise<void>;
  readonly origin: string;
}

export interface ShellCache {
  /**
   * Keeps all that this build consists of; what is kept already is not fetched again.
   * @throws TypeError where something does not come, or is of another build; nothing is kept then
   */
  install(): Promise<void>;
  /** Forgets builds before this one, but for the last: open pages may still be of it. */
  tidy(): Promise<void>;
  /** @returns undefined where the browser is to ask the network itself: the API's answers pass through here never */
  answer(request: Request): Promise<Response> | undefined;
}

const PREFIX = "commonhold-shell-";
const PAGE = "/";
/** Named after their content. */
const HASHED = "/assets/";
/** After so long without an answer the page is shown as it is kept. */
const NETWORK_WAIT_MS = 4000;
/** With these a proxy says that the coordinator is away. */
const AWAY: ReadonlySet<number> = new Set([502, 503, 504]);

/** Keeps the app's own files in the browser, so that it opens without a network. */
export function createShellCache(deps: ShellCacheDeps, build: ShellBuild): ShellCache {
  const { caches } = deps;
  const name = `${PREFIX}${build.id}`;
  const own = new Set(build.files);

  const keep = async (cache: Cache, address: string): Promise<void> => {
    const isHashed = address.startsWith(HASHED);
    const kept = isHashed ? await caches.match(address, { ignoreVary: true }) : undefined;
    const answer = kept ?? (await deps.fetch(address, { cache: isHashed ? "default" : "no-cache" }));
    if (!answer.ok) throw new TypeError(`${address} was answered with ${answer.status}`);
    await cache.put(address, answer);
  };
  const keepPage = async (cache: Cache): Promise<void> => {
    const init = { cache: "no-cache", integrity: build.pageIntegrity, headers: { accept: "text/html" } } as const;
    const answer = await deps.fetch(PAGE, init);
    if (!answer.ok) throw new TypeError(`the page was answered with ${answer.status}`);
    await cache.put(PAGE, answer);
  };
  const kept = async (address: string): Promise<Response | undefined> => {
    const mine = await (await caches.open(name)).match(address, { ignoreVary: true });
    return mine ?? caches.match(address, { ignoreVary: true });
  };
  const pageFor = async (request: Request): Promise<Response> => {
    const fromNetwork = deps.fetch(request);
    // Whoever waits for the pause no longer hears of a failure after it.
    fromNetwork.catch(() => undefined);
    const answer = await Promise.race([fromNetwork.catch(() => undefined), deps.pause(NETWORK_WAIT_MS)]);
    if (answer instanceof Response && !AWAY.has(answer.status)) return answer;
    return (await kept(PAGE)) ?? fromNetwork;
  };

  return {
    install: async () => {
      try {
        const cache = await caches.open(name);
        await Promise.all([keepPage(cache), ...build.files.map((address) => keep(cache, address))]);
      } catch (error) {
        await caches.delete(name);
        throw error;
      }
    },
    tidy: async () => {
      const others = (await caches.keys()).filter((each) => each.startsWith(PREFIX) && each !== name);
      await Promise.all(others.slice(0, -1).map((each) => caches.delete(each)));
    },
    answer: (request) => {
      const { origin, pathname } = new URL(request.url);
      if (request.method !== "GET" || origin !== deps.origin || /^\/api(?:\/|$)/.test(pathname)) return undefined;
      if (request.mode === "navigate") return pageFor(request);
      if (!own.has(pathname) && !pathname.startsWith(HASHED)) return undefined;
      return kept(pathname).then((answer) => answer ?? deps.fetch(request));
    },
  };
}
