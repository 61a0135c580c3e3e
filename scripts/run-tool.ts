import { spawn } from "node:child_process";
import { join } from "node:path";
import { toolEnvironment } from "./tool-environment.ts";

export const PROJECT_FOLDER = join(import.meta.dirname, "..");

export interface ToolResult {
  readonly succeeded: boolean;
  /** Both streams, in the order in which they came. */
  readonly output: string;
}

/** Runs a tool's JavaScript program of node_modules in the project's folder. */
export function runTool(program: string, args: readonly string[]): Promise<ToolResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(PROJECT_FOLDER, "node_modules", program), ...args], {
      cwd: PROJECT_FOLDER,
      env: toolEnvironment(process.env, { colours: process.stdout.isTTY }),
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output: Buffer[] = [];
    child.stdout.on("data", (data: Buffer) => output.push(data));
    child.stderr.on("data", (data: Buffer) => output.push(data));
    child.on("error", reject);
    child.on("close", (code) => resolve({ succeeded: code === 0, output: Buffer.concat(output).toString() }));
  });
}
