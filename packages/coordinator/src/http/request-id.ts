import type { IncomingMessage } from "node:http";
import type { Clock } from "@commonhold/core/clock.ts";
import { uuidV7 } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";

const SANE_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** The id that the caller gave in `x-request-id`, if it is harmless in a log, else a new one. */
export function createRequestIds(deps: { readonly clock: Clock; readonly random: Random }) {
  return (raw: IncomingMessage): string => {
    const given = raw.headers["x-request-id"];
    if (typeof given === "string" && SANE_ID.test(given)) return given;
    return uuidV7(deps.clock.nowMs(), deps.random.bytes(10));
  };
}
