import { BlockList, isIP } from "node:net";
import { AppError } from "@commonhold/core/app-error.ts";
import type { Http } from "./http-server.ts";

export interface HostCheckOptions {
  /** Names that requests from this machine may call us by, besides localhost; in any case, without port. */
  readonly hostNames: readonly string[];
  /** A proxy on this machine is believed: it may pass on whatever name its clients use, or its own for us. */
  readonly trustProxy: boolean;
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** Whether `address`, of a socket, is this machine's own; IPv4 may be mapped into IPv6. */
export function isLoopback(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && LOOPBACK.check(address, family === 6 ? "ipv6" : "ipv4");
}

/**
 * Refuses what comes from this machine under a name that is not ours: a web page can make its own name resolve to
 * 127.0.0.1 (DNS rebinding), and so have a browser here speak to us as if we were the page's own server. No page can
 * have an IP address or localhost as its name. A request without a Host is no browser's.
 */
export function registerHostCheck(app: Http, { hostNames, trustProxy }: HostCheckOptions): void {
  if (trustProxy) return;
  const ours = new Set(["localhost", ...hostNames.map((name) => name.toLowerCase())]);
  const isOurs = (host: string): boolean => {
    const name = nameIn(host);
    return name !== undefined && (ours.has(name) || isIP(name) !== 0);
  };
  app.addHook("onRequest", ({ raw }, _reply, done) => {
    const { host } = raw.headers;
    if (host !== undefined && host !== "" && !isOurs(host) && isLoopback(raw.socket.remoteAddress ?? "")) {
      throw unknownHost(nameIn(host) ?? host);
    }
    done();
  });
}

const HOST = /^(?:\[([^\]]*)\]|([^:]*))(?::\d{0,5})?$/;

/** The name in a Host header (RFC 9110, 7.2): without port, brackets and the dot that may end it. */
function nameIn(host: string): string | undefined {
  const [, bracketed, bare] = HOST.exec(host) ?? [];
  return bracketed ?? bare?.toLowerCase().replace(/\.$/, "");
}

const SHOWN_MAX = 100;

function unknownHost(name: string): AppError {
  const shown = name.slice(0, SHOWN_MAX);
  return new AppError(
    "INVALID_REQUEST",
    `this coordinator is not known as "${shown}": call it by localhost or its IP address, or add the name to ` +
      "http.allowed_hosts; behind a proxy on the same machine, set http.public_url or http.trust_proxy",
    { details: { host: shown } },
  );
}
