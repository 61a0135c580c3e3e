/** The file that links are made to. */
export interface ShareTarget {
  readonly fileId: string;
  readonly name: string;
}

/** A link to a sealed file, with the key: it is nowhere else. */
export interface SealedLink {
  readonly name: string;
  readonly link: string;
}

export interface SharingState {
  /** Which window is open. */
  readonly open: { readonly kind: "share"; readonly target: ShareTarget } | { readonly kind: "seal" } | undefined;
  /** Not yet taken along, the oldest first. */
  readonly sealed: readonly SealedLink[];
}

const NOTHING: SharingState = { open: undefined, sealed: [] };

/** What is being shared from this page, whatever room one is in. */
export class Sharing {
  readonly #listeners = new Set<() => void>();
  #state = NOTHING;

  readonly state = (): SharingState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  share(target: ShareTarget): void {
    this.#become({ ...this.#state, open: { kind: "share", target } });
  }

  seal(): void {
    this.#become({ ...this.#state, open: { kind: "seal" } });
  }

  close(): void {
    this.#become({ ...this.#state, open: undefined });
  }

  /** Shows a sealed file's link until the person has taken it along. */
  keep(link: SealedLink): void {
    this.#become({ ...this.#state, sealed: [...this.#state.sealed, link] });
  }

  taken(link: SealedLink): void {
    this.#become({ ...this.#state, sealed: this.#state.sealed.filter((each) => each !== link) });
  }

  /** Somebody else may sign in. */
  forget(): void {
    this.#become(NOTHING);
  }

  #become(state: SharingState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
