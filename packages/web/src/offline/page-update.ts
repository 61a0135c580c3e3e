const ASK_INTERVAL_MS = 30 * 60_000;

/** Whether the coordinator has a newer build of the app than this page. */
export interface PageUpdate {
  readonly isReady: () => boolean;
  readonly subscribe: (listener: () => void) => () => void;
}

/**
 * Lets the service worker keep the app in this browser, and hears from it when a newer build was put in place. Browsers
 * have none on plain http to another machine: the app works there as well, but not without a network.
 */
export function watchPageUpdates(buildId: string): PageUpdate {
  const listeners = new Set<() => void>();
  let isReady = false;
  const { serviceWorker } = navigator as { readonly serviceWorker?: ServiceWorkerContainer };
  serviceWorker?.addEventListener("message", ({ data }: MessageEvent<{ readonly build?: unknown } | null>) => {
    if (typeof data?.build !== "string" || isReady || data.build === buildId) return;
    isReady = true;
    for (const listener of listeners) listener();
  });
  if (serviceWorker !== undefined) {
    // What the page needs itself comes first.
    if (document.readyState === "complete") void keepApp(serviceWorker);
    else addEventListener("load", () => void keepApp(serviceWorker), { once: true });
  }
  return {
    isReady: () => isReady,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

async function keepApp(serviceWorker: ServiceWorkerContainer): Promise<void> {
  try {
    const registration = await serviceWorker.register("/service-worker.js", { updateViaCache: "none" });
    // A page may be open for weeks.
    setInterval(() => void registration.update().catch(() => undefined), ASK_INTERVAL_MS);
  } catch {
    // The browser keeps nothing, for want of room or by its owner's will: the network is there all the same.
  }
}
