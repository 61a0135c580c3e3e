import { parentPort, workerData } from "node:worker_threads";
import { commands } from "../commands/registry.ts";
import { runWriter } from "./run-writer.ts";
import type { WriterData } from "./writer-messages.ts";

await runWriter(parentPort!, workerData as WriterData, commands);
