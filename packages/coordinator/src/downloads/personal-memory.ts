import type { UserId } from "@commonhold/core/ids.ts";
import { ByteBudget, type ReleaseBytes } from "../transfers/byte-budget.ts";

/** What one person's share of a budget gives. */
export type MemoryShare = Pick<ByteBudget, "tryAcquire" | "acquireWithin">;

export interface PersonalMemoryLimits {
  readonly bytesEachMax: number;
  /** Of one person; more are refused at once. */
  readonly waitersEachMax: number;
}

interface Person {
  readonly budget: ByteBudget;
  /** Who waits or has some. */
  tasks: number;
}

/**
 * A budget of which no person has more than a part: who takes what is sent slowly, over many connections, waits for
 * himself before others wait for him.
 */
export class PersonalMemory {
  readonly #common: ByteBudget;
  readonly #limits: PersonalMemoryLimits;
  readonly #people = new Map<UserId, Person>();

  constructor(common: ByteBudget, limits: PersonalMemoryLimits) {
    this.#common = common;
    this.#limits = limits;
  }

  /** Of whom anything is kept here. */
  get peopleCount(): number {
    return this.#people.size;
  }

  /** Its errors are those of `ByteBudget`. */
  of(userId: UserId): MemoryShare {
    return {
      tryAcquire: (bytes) => this.#tryAcquire(userId, bytes),
      acquireWithin: (bytes, signal, patienceMs) => this.#acquireWithin(userId, bytes, { signal, patienceMs }),
    };
  }

  #tryAcquire(userId: UserId, bytes: number): ReleaseBytes | undefined {
    const person = this.#enter(userId);
    const own = person.budget.tryAcquire(bytes);
    const common = own && this.#common.tryAcquire(bytes);
    if (own !== undefined && common !== undefined) return this.#releaser(userId, bytes, [own, common]);
    own?.();
    this.#leave(userId);
    return undefined;
  }

  async #acquireWithin(
    userId: UserId,
    bytes: number,
    { signal, patienceMs }: { readonly signal: AbortSignal; readonly patienceMs: number | undefined },
  ): Promise<ReleaseBytes> {
    const person = this.#enter(userId);
    let own: ReleaseBytes | undefined;
    try {
      own = await person.budget.acquireWithin(bytes, signal, patienceMs);
      const common = await this.#common.acquireWithin(bytes, signal, patienceMs);
      return this.#releaser(userId, bytes, [own, common]);
    } catch (error) {
      own?.();
      this.#leave(userId);
      throw error;
    }
  }

  #enter(userId: UserId): Person {
    const { bytesEachMax, waitersEachMax } = this.#limits;
    const person = this.#people.get(userId) ?? { budget: new ByteBudget(bytesEachMax, waitersEachMax), tasks: 0 };
    this.#people.set(userId, person);
    person.tasks += 1;
    return person;
  }

  #leave(userId: UserId): void {
    const person = this.#people.get(userId)!;
    person.tasks -= 1;
    if (person.tasks === 0) this.#people.delete(userId);
  }

  #releaser(userId: UserId, bytes: number, parts: readonly ReleaseBytes[]): ReleaseBytes {
    let left = bytes;
    let isOver = false;
    return (share = left) => {
      left -= Math.min(share, left);
      for (const release of parts) release(share);
      if (left > 0 || isOver) return;
      isOver = true;
      this.#leave(userId);
    };
  }
}
