import { writeSync } from "node:fs";
import { createLogger } from "@commonhold/runtime/logger.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { purchasePayload, userPayload } from "../commands/payloads.fixture.ts";
import { openSqliteMetadata } from "./open-sqlite-metadata.ts";

const LANES = 16;

/**
 * Books payments until it is killed; prints a payment's id once it was acknowledged, not before (standard output is a
 * file, so that what is printed is there when the process is not). With a count it kills itself in the moment of that
 * many acknowledgements.
 */
const [file, ownKillAfter] = process.argv.slice(2);
const logger = createLogger({ level: "silent", name: "test" });
const metadata = await openSqliteMetadata({ logger, clock: systemClock }, { file: file! });
await metadata.apply("user.create", userPayload("ada"));
let acknowledged = 0;

async function bookPayments(lane: number): Promise<void> {
  for (let count = 0; ; count += 1) {
    const paymentId = `${lane}-${count}`;
    await metadata.apply("ledger.purchase", purchasePayload(paymentId));
    writeSync(1, `${paymentId}\n`);
    acknowledged += 1;
    if (acknowledged === Number(ownKillAfter)) process.kill(process.pid, "SIGKILL");
  }
}

await Promise.all(Array.from({ length: LANES }, async (_, lane) => await bookPayments(lane)));
