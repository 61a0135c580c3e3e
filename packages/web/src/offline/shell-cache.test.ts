import { beforeEach, describe, expect, it } from "vitest";
import { createShellCache, type ShellBuild, type ShellCache } from "./shell-cache.ts";

const ORIGIN = "https://commonhold.test";

/** A browser's caches, as far as this uses them: in the order of their making. */
class Caches {
  readonly kept = new Map<string, Map<string, Response>>();

  readonly open = async (name: string) => {
    const entries = this.kept.get(name) ?? new Map<string, Response>();
    this.kept.set(name, entries);
    return {
      match: async (address: string) => entries.get(address)?.clone(),
      put: async (address: string, answer: Response) => void entries.set(address, answer),
    };
  };
  readonly match = async (address: string) =>
    [...this.kept.values()]
      .find((entries) => entries.has(address))
      ?.get(address)
      ?.clone();
  readonly keys = async () => [...this.kept.keys()];
  readonly delete = async (name: string) => this.kept.delete(name);
}

let caches: Caches;
/** What the coordinator serves, by address. */
let served: Record<string, string>;
let asked: string[];
let isSlow: boolean;
let status: number;
beforeEach(() => {
  caches = new Caches();
  asked = [];
  isSlow = false;
  status = 200;
});

function deploy(id: string, ...files: readonly string[]): ShellCache {
  served = Object.fromEntries(["/", ...files].map((address) => [address, `${address} of ${id}`]));
  const build: ShellBuild = { id, pageIntegrity: `page of ${id}`, files };
  const answered = (input: RequestInfo | URL, init?: RequestInit): Response => {
    const address = input instanceof Request || typeof input === "string" ? input : input.href;
    const path = typeof address === "string" ? address : new URL(address.url).pathname;
    asked.push(path);
    const body = served[path] ?? served["/"];
    if (body === undefined) throw new TypeError("there is no network");
    if (init?.integrity !== undefined && body !== `/ of ${init.integrity.replace("page of ", "")}`) {
      throw new TypeError("the page is of another build");
    }
    return new Response(body, { status: path in served || path.startsWith("/room") ? status : 404 });
  };
  return createShellCache(
    {
      caches: caches as unknown as CacheStorage,
      fetch: async (input, init) => (isSlow ? new Promise<never>(() => undefined) : answered(input, init)),
      pause: () => (isSlow ? Promise.resolve() : new Promise(() => undefined)),
      origin: ORIGIN,
    },
    build,
  );
}

function request(path: string, { mode = "cors", method = "GET", origin = ORIGIN } = {}): Request {
  const made = new Request(`${origin}${path}`, { method });
  // Only browsers make requests for pages.
  return mode === "navigate" ? Object.defineProperty(made, "mode", { value: mode }) : made;
}

const textOf = async (answer: Promise<Response> | undefined) => (await answer)?.text();
const page = (shell: ShellCache, path = "/room/5") => textOf(shell.answer(request(path, { mode: "navigate" })));
const noNetwork = () => {
  served = {};
};

describe("without a network", () => {
  it("the page is at every address of the app, with all that it consists of", async () => {
    const shell = deploy("one", "/assets/a-1.js", "/icon.svg");
    await shell.install();
    noNetwork();
    expect(await page(shell)).toBe("/ of one");
    expect(await textOf(shell.answer(request("/assets/a-1.js")))).toBe("/assets/a-1.js of one");
    expect(await textOf(shell.answer(request("/icon.svg?x=1")))).toBe("/icon.svg of one");
  });

  it("the page is shown too where the network says nothing for long, or a proxy that nobody is behind it", async () => {
    const shell = deploy("one");
    await shell.install();
    isSlow = true;
    expect(await page(shell)).toBe("/ of one");
    isSlow = false;
    served["/"] = "a proxy's page";
    status = 502;
    expect(await page(shell)).toBe("/ of one");
    status = 500;
    expect(await page(shell)).toBe("a proxy's page");
  });

  it("what was never kept fails as without all this", async () => {
    const shell = deploy("one");
    noNetwork();
    await expect(page(shell)).rejects.toThrow("there is no network");
  });
});

describe("with a network", () => {
  it("the page is what the coordinator has now, and kept parts are not asked for", async () => {
    const shell = deploy("one", "/assets/a-1.js");
    await shell.install();
    served["/"] = "newer";
    asked = [];
    expect(await page(shell)).toBe("newer");
    expect(await textOf(shell.answer(request("/assets/a-1.js")))).toBe("/assets/a-1.js of one");
    expect(asked).toEqual(["/room/5"]);
  });

  it("parts of a newer build are asked for, and not kept", async () => {
    const shell = deploy("one");
    served["/assets/b-2.js"] = "newer";
    expect(await textOf(shell.answer(request("/assets/b-2.js")))).toBe("newer");
    expect(caches.kept.get("commonhold-shell-one")?.size ?? 0).toBe(0);
  });

  it.each([
    ["/api/v1/files"],
    ["/api/v1/files/1/download?ticket=t", { mode: "navigate" }],
    ["/assets/a-1.js", { method: "POST" }],
    ["/assets/a-1.js", { origin: "https://elsewhere.test" }],
    ["/metrics"],
  ])("%s %j is the browser's own to ask for", (path, options) => {
    expect(deploy("one", "/assets/a-1.js").answer(request(path, options))).toBeUndefined();
  });
});

describe("a new build", () => {
  it("asks only for what it does not have in common with the last", async () => {
    await deploy("one", "/assets/a-1.js", "/assets/base-1.js", "/icon.svg").install();
    asked = [];
    await deploy("two", "/assets/a-2.js", "/assets/base-1.js", "/icon.svg").install();
    expect(asked.sort()).toEqual(["/", "/assets/a-2.js", "/icon.svg"]);
  });

  it("keeps the one before for pages that are open, and no others'", async () => {
    const others = await caches.open("somebody-else's");
    await others.put("/x", new Response());
    await deploy("one", "/assets/a-1.js", "/icon.svg").install();
    await deploy("two", "/assets/a-2.js", "/icon.svg").install();
    const shell = deploy("three", "/assets/a-3.js", "/icon.svg");
    await shell.install();
    await shell.tidy();
    expect(await caches.keys()).toEqual(["somebody-else's", "commonhold-shell-two", "commonhold-shell-three"]);
    noNetwork();
    expect(await textOf(shell.answer(request("/assets/a-2.js")))).toBe("/assets/a-2.js of two");
    expect(await textOf(shell.answer(request("/icon.svg")))).toBe("/icon.svg of three");
    expect(await page(shell)).toBe("/ of three");
  });

  it.each(["a part that is gone", "the page of another build"])("is not kept by halves: %s", async (what) => {
    await deploy("one", "/assets/a-1.js").install();
    const shell = deploy("two", "/assets/a-2.js");
    if (what === "a part that is gone") delete served["/assets/a-2.js"];
    else served["/"] = "/ of three";
    await expect(shell.install()).rejects.toThrow(TypeError);
    expect(await caches.keys()).toEqual(["commonhold-shell-one"]);
  });
});
