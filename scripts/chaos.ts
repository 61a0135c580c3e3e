/**
 * `npm run chaos -- --gb 2`: ten storage nodes die, fall silent, rot, fill up and are cut off while files are stored,
 * read and deleted. `npm test` does the same with fewer bytes.
 */
import { parseArgs } from "node:util";
import { startVitest } from "vitest/node";
import { PROJECT_FOLDER } from "./run-tool.ts";

const GIGABYTES_USUAL = "2";
const GIGABYTES_MAX = 20;
const MINUTE_MS = 60_000;

const { values } = parseArgs({ options: { gb: { type: "string", default: GIGABYTES_USUAL } } });
const gigabytes = Number(values.gb);
if (!(gigabytes >= 0.01 && gigabytes <= GIGABYTES_MAX)) {
  throw new Error(`--gb ${values.gb} is no number from 0.01 to ${GIGABYTES_MAX}`);
}
process.env["COMMONHOLD_TEST_CHAOS_BYTES"] = String(Math.round(gigabytes * 1e9));
const options = { root: PROJECT_FOLDER, watch: false, project: ["e2e"], testTimeout: 15 * MINUTE_MS };
const vitest = await startVitest("test", ["e2e/long-lived-files"], options);
await vitest.close();
