const SHOWN_MS = 8000;
const SHOWN_MAX = 3;

/** A word about what was done, with what takes it back. */
export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

/** The last few words, each shown for some seconds, and for as long as somebody rests on it. */
export class ToastQueue {
  readonly #listeners = new Set<() => void>();
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();
  #toasts: readonly Toast[] = [];
  #nextId = 1;

  readonly toasts = (): readonly Toast[] => this.#toasts;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  show(text: string, action?: Toast["action"]): void {
    const toast = { id: this.#nextId++, text, ...(action === undefined ? {} : { action }) };
    this.#publish([...this.#toasts.slice(1 - SHOWN_MAX), toast]);
    this.release(toast.id);
  }

  dismiss(id: number): void {
    this.hold(id);
    this.#publish(this.#toasts.filter((toast) => toast.id !== id));
  }

  /** Somebody else may sign in. */
  clear(): void {
    for (const { id } of this.#toasts) this.hold(id);
    this.#publish([]);
  }

  /** Keeps it until it is released: somebody is about to use it. */
  hold(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  release(id: number): void {
    this.hold(id);
    this.#timers.set(
      id,
      setTimeout(() => this.dismiss(id), SHOWN_MS),
    );
  }

  #publish(toasts: readonly Toast[]): void {
    this.#toasts = toasts;
    for (const listener of this.#listeners) listener();
  }
}
