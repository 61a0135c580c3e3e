/** After it has told something it waits so long with the next: files that are being uploaded change all the time. */
const PAUSE_MS = 1000;

export interface GatheredChangesDeps {
  readonly tell: (topics: ReadonlySet<string>) => void;
  /** Whether somebody is in the middle of something that a change of what is shown would take away. */
  readonly isHeld: () => boolean;
  readonly later: (action: () => void, ms: number) => void;
}

/** Tells the first change at once, and what follows closely together; nothing while it is held. */
export class GatheredChanges {
  readonly #deps: GatheredChangesDeps;
  #waiting = new Set<string>();
  #isPausing = false;

  constructor(deps: GatheredChangesDeps) {
    this.#deps = deps;
  }

  add(topic: string): void {
    this.#waiting.add(topic);
    if (!this.#isPausing) this.#tell();
  }

  #tell(): void {
    const topics = this.#waiting;
    this.#isPausing = topics.size > 0;
    if (!this.#isPausing) return;
    if (!this.#deps.isHeld()) {
      this.#waiting = new Set();
      this.#deps.tell(topics);
    }
    this.#deps.later(() => this.#tell(), PAUSE_MS);
  }
}
