import type { HandlerLimits } from "./peer-host.ts";

/** Counts the exchanges of one protocol that are under way, for each peer and in all. */
export class HandlerSlots {
  readonly #limits: HandlerLimits;
  readonly #ofPeer = new Map<string, number>();
  #all = 0;

  constructor(limits: HandlerLimits) {
    this.#limits = limits;
  }

  /** Whether `peerId` may begin one more; if so, it is counted until `leave`. */
  enter(peerId: string): boolean {
    const ofPeer = this.#ofPeer.get(peerId) ?? 0;
    if (this.#all >= this.#limits.concurrentMax || ofPeer >= this.#limits.concurrentPerPeerMax) return false;
    this.#all++;
    this.#ofPeer.set(peerId, ofPeer + 1);
    return true;
  }

  leave(peerId: string): void {
    const ofPeer = this.#ofPeer.get(peerId);
    if (ofPeer === undefined) return;
    this.#all--;
    if (ofPeer === 1) this.#ofPeer.delete(peerId);
    else this.#ofPeer.set(peerId, ofPeer - 1);
  }
}
