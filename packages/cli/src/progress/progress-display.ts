import { formatByteSize } from "@commonhold/core/byte-size.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { printable } from "../output/printable.ts";
import { renderProgressLine } from "./progress-line.ts";
import { TransferRate } from "./transfer-rate.ts";

const REDRAW_MS = 100;
const COLUMNS_DEFAULT = 80;
/** Back to the first column, and erase the line. */
const ERASE = "\r\u001b[K";

export interface ProgressTerminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface FileProgress {
  update(doneBytes: number): void;
  /** Something failed and is tried again: `tell` is called once, until there is progress again. */
  trouble(tell: () => void): void;
  /** How long it took, and how much of it went over the network now. */
  end(): { readonly elapsedMs: number; readonly movedBytes: number };
}

/** One line at the bottom of the terminal for all files of a command; nothing at all where there is no terminal. */
export class ProgressDisplay {
  readonly #clock: Clock;
  readonly #terminal: ProgressTerminal | undefined;
  readonly #rate: TransferRate;
  readonly #total: { readonly bytes: number; readonly files: number };
  readonly #timer: NodeJS.Timeout | undefined;
  #doneBytes = 0;
  #begun = 0;
  #name = "";

  /** @param terminal where to draw; undefined to stay silent */
  constructor(
    deps: { readonly clock: Clock; readonly terminal: ProgressTerminal | undefined },
    total: { readonly bytes: number; readonly files: number },
  ) {
    this.#clock = deps.clock;
    this.#terminal = deps.terminal?.isTTY === true ? deps.terminal : undefined;
    this.#rate = new TransferRate(deps.clock);
    this.#total = total;
    if (this.#terminal !== undefined) this.#timer = setInterval(() => this.#draw(), REDRAW_MS).unref();
  }

  begin(name: string): FileProgress {
    const startMs = this.#clock.monotonicMs();
    let known: number | undefined;
    let movedBytes = 0;
    let told = false;
    this.#name = printable(name);
    this.#begun++;
    return {
      update: (doneBytes) => {
        const more = doneBytes - (known ?? 0);
        this.#doneBytes += more;
        // What the first report brings was there before: it says nothing about speed.
        if (known !== undefined && more > 0) {
          movedBytes += more;
          told = false;
          this.#rate.add(more);
        }
        known = doneBytes;
      },
      trouble: (tell) => {
        if (!told) this.interrupt(tell);
        told = true;
      },
      end: () => ({ elapsedMs: this.#clock.monotonicMs() - startMs, movedBytes }),
    };
  }

  /** Writes a line of a result above the progress. */
  interrupt(write: () => void): void {
    this.#terminal?.write(ERASE);
    write();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#terminal?.write(ERASE);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #draw(): void {
    if (this.#terminal === undefined || this.#begun === 0) return;
    const line = renderProgressLine(
      {
        name: this.#name,
        doneBytes: this.#doneBytes,
        totalBytes: this.#total.bytes,
        bytesPerSecond: this.#rate.bytesPerSecond(),
        fileNumber: this.#begun,
        fileCount: this.#total.files,
      },
      this.#terminal.columns ?? COLUMNS_DEFAULT,
    );
    this.#terminal.write(`${ERASE}${line}`);
  }
}

const MEASURED_MS_MIN = 500;
const MEASURED_BYTES_MIN = 1_000_000;

/** ", 12.5 MB/s" after something that took long enough to be measured; nothing after anything else. */
export function speedRemark({ elapsedMs, movedBytes }: ReturnType<FileProgress["end"]>): string {
  if (elapsedMs < MEASURED_MS_MIN || movedBytes < MEASURED_BYTES_MIN) return "";
  return `, ${formatByteSize(Math.round((movedBytes / elapsedMs) * 1000))}/s`;
}

/** What is wrong, without what to do: it is being done. */
export function retryRemark(error: Error): string {
  return `${printable(error.message.split(". ")[0] ?? "")}; trying again…`;
}
