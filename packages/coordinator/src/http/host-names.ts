import type { CoordinatorConfig } from "../config/coordinator-config.ts";

/**
 * By which names programs on this machine may call the coordinator: those that it is configured with, and the
 * machine's own, which may resolve to 127.0.1.1 here.
 * @param machine as `os.hostname()` gives it, with or without a domain
 */
export function hostNamesOf(
  { host, public_url, allowed_hosts }: Pick<CoordinatorConfig["http"], "host" | "public_url" | "allowed_hosts">,
  machine: string,
): readonly string[] {
  const short = machine.split(".", 1)[0] ?? machine;
  const publicHost = public_url !== undefined && URL.canParse(public_url) ? [new URL(public_url).hostname] : [];
  return [host, machine, short, `${short}.local`, ...publicHost, ...allowed_hosts];
}
