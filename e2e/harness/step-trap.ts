import { randomUUID } from "node:crypto";
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { UploadStep } from "@commonhold/runtime/upload-steps.ts";

/** Names the trap's file to the process that is to fall into it. */
export const TRAP_FILE_VARIABLE = "STEP_TRAP_FILE";

export interface TrapOrder {
  readonly id: string;
  readonly step: UploadStep;
  /** At the n-th time that the process comes to the step after the trap was set. */
  readonly time: number;
  readonly signal: NodeJS.Signals;
}

export function sprungFile(file: string): string {
  return `${file}.sprung`;
}

/** Ends a role's process at a step of an upload; of several processes that share a trap, the one that is first. */
export class StepTrap {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** For the processes that can fall into it. */
  get env(): Readonly<Record<string, string>> {
    const preload = new URL("./end-at-step.ts", import.meta.url);
    return {
      NODE_OPTIONS: `--import=${preload.href}`,
      [TRAP_FILE_VARIABLE]: this.#file,
    };
  }

  set(step: UploadStep, time = 1, signal: NodeJS.Signals = "SIGKILL"): void {
    rmSync(sprungFile(this.#file), { force: true });
    const order: TrapOrder = { id: randomUUID(), step, time, signal };
    const written = `${this.#file}.new`;
    writeFileSync(written, JSON.stringify(order));
    renameSync(written, this.#file);
  }

  get hasSprung(): boolean {
    return existsSync(sprungFile(this.#file));
  }

  clear(): void {
    rmSync(this.#file, { force: true });
  }
}
