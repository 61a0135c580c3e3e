import { collectDefaultMetrics, Gauge, Registry } from "prom-client";

export interface Metrics {
  /** Where a role registers its own metrics: `registers: [metrics.registry]`. */
  readonly registry: Registry;
  /** Content-Type of `text()`. */
  readonly contentType: string;
  /** Everything in Prometheus' text format. */
  text(): Promise<string>;
}

/** A registry of its own with the process's metrics and `commonhold_build_info{role,version} 1`. */
export function createMetrics(options: { readonly role: string; readonly version: string }): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: "commonhold_build_info",
    help: "Always 1; its labels say which role and version this process is.",
    labelNames: ["role", "version"],
    registers: [registry],
  }).set({ role: options.role, version: options.version }, 1);
  return { registry, contentType: registry.contentType, text: () => registry.metrics() };
}
