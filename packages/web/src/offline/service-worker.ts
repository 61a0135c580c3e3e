import { createShellCache, type ShellBuild } from "./shell-cache.ts";

/** Put in place by the build. */
declare const SHELL: ShellBuild;

interface LastingEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}

interface RequestEvent extends Event {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}

/** What this needs of a service worker's surroundings: the page's types do not have them. */
interface WorkerScope {
  readonly location: Location;
  readonly clients: {
    claim(): Promise<void>;
    matchAll(): Promise<readonly { postMessage(message: unknown): void }[]>;
  };
  skipWaiting(): Promise<void>;
  addEventListener(name: "install" | "activate", listener: (event: LastingEvent) => void): void;
  addEventListener(name: "fetch", listener: (event: RequestEvent) => void): void;
}

const scope = globalThis as unknown as WorkerScope;
const shell = createShellCache(
  {
    caches,
    fetch: (input, init) => fetch(input, init),
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    origin: scope.location.origin,
  },
  SHELL,
);

scope.addEventListener("install", (event) => {
  event.waitUntil(shell.install().then(() => scope.skipWaiting()));
});
scope.addEventListener("activate", (event) => {
  event.waitUntil(takeOver());
});
scope.addEventListener("fetch", (event) => {
  const answer = shell.answer(event.request);
  if (answer !== undefined) event.respondWith(answer);
});

/** Serves the open pages too, and tells them which build is here now. */
async function takeOver(): Promise<void> {
  await shell.tidy();
  await scope.clients.claim();
  for (const client of await scope.clients.matchAll()) client.postMessage({ build: SHELL.id });
}
