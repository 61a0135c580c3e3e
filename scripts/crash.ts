/**
 * `npm run crash -- --times 5`: kills a coordinator and a node at every step of an upload, at the first to the fifth
 * time that it comes to it. `npm test` does the same at the first times only.
 */
import { parseArgs } from "node:util";
import { startVitest } from "vitest/node";
import { PROJECT_FOLDER } from "./run-tool.ts";

const TIMES_USUAL = "3";
const TIMES_MAX = 8;
const MINUTE_MS = 60_000;

const { values } = parseArgs({ options: { times: { type: "string", default: TIMES_USUAL } } });
const times = Number(values.times);
if (!Number.isInteger(times) || times < 1 || times > TIMES_MAX) {
  throw new Error(`--times ${values.times} is no number from 1 to ${TIMES_MAX}`);
}
process.env["COMMONHOLD_TEST_CRASH_TIMES"] = String(times);
const options = { root: PROJECT_FOLDER, watch: false, project: ["e2e"], testTimeout: 5 * MINUTE_MS };
const vitest = await startVitest("test", ["e2e/crashed-"], options);
await vitest.close();
