import { writeSync } from "node:fs";
import { AppError } from "@commonhold/core/app-error.ts";
import { createLogger } from "@commonhold/runtime/logger.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { uploadPayload } from "../commands/payloads.fixture.ts";
import { openSqliteMetadata } from "./open-sqlite-metadata.ts";

/**
 * Begins uploads in each of the databases until one is refused, tries a few more, and closes. To be run where files
 * may not grow over a limit. Prints one line of JSON for each: which uploads were acknowledged and which codes came.
 */
const TRIES_AFTER_REFUSAL = 3;
const logger = createLogger({ level: "silent", name: "test" });
const variants = JSON.parse(process.argv[2]!) as { file: string; lanes: number; characters: number }[];

for (const { file, lanes, characters } of variants) {
  const acknowledged: string[] = [];
  const codes = new Set<string>();
  const metadata = await openSqliteMetadata({ logger, clock: systemClock }, { file });
  const beginUploads = async (lane: number): Promise<void> => {
    let refusals = 0;
    for (let count = 0; refusals < TRIES_AFTER_REFUSAL; count++) {
      const id = `${lane}-${count}`;
      try {
        await metadata.apply("upload.initiate", uploadPayload(id, { sealed_key: "A".repeat(characters) }));
        acknowledged.push(id);
      } catch (error) {
        refusals += 1;
        codes.add(error instanceof AppError ? error.code : String(error));
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, lane) => beginUploads(lane)));
  await metadata.close();
  writeSync(1, `${JSON.stringify({ file, acknowledged, codes: [...codes] })}\n`);
}
