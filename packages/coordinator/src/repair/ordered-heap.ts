/** A binary heap from which any element can be taken: `pop` gives the first in order, `delete` the one of a key. */
export class OrderedHeap<Key, Item> {
  readonly #keyOf: (item: Item) => Key;
  readonly #compare: (a: Item, b: Item) => number;
  #items: Item[] = [];
  readonly #places = new Map<Key, number>();

  constructor(keyOf: (item: Item) => Key, compare: (a: Item, b: Item) => number) {
    this.#keyOf = keyOf;
    this.#compare = compare;
  }

  get size(): number {
    return this.#items.length;
  }

  get(key: Key): Item | undefined {
    const place = this.#places.get(key);
    return place === undefined ? undefined : this.#items[place];
  }

  peek(): Item | undefined {
    return this.#items[0];
  }

  items(): Iterable<Item> {
    return this.#items;
  }

  /** One of the same key is replaced. */
  push(item: Item): void {
    const key = this.#keyOf(item);
    const place = this.#places.get(key) ?? this.#items.length;
    this.#put(item, place);
    this.#settle(place);
  }

  pop(): Item | undefined {
    const first = this.#items[0];
    if (first !== undefined) this.delete(this.#keyOf(first));
    return first;
  }

  delete(key: Key): Item | undefined {
    const place = this.#places.get(key);
    if (place === undefined) return undefined;
    const item = this.#items[place]!;
    const last = this.#items.pop()!;
    this.#places.delete(key);
    if (place < this.#items.length) {
      this.#put(last, place);
      this.#settle(place);
    }
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#places.clear();
  }

  /** Keeps the first `count` in order. @returns those that are gone */
  truncate(count: number): readonly Item[] {
    const sorted = this.#items.sort(this.#compare);
    const gone = sorted.splice(count);
    for (const item of gone) this.#places.delete(this.#keyOf(item));
    for (const [place, item] of sorted.entries()) this.#places.set(this.#keyOf(item), place);
    return gone;
  }

  #put(item: Item, place: number): void {
    this.#items[place] = item;
    this.#places.set(this.#keyOf(item), place);
  }

  #settle(place: number): void {
    const risen = this.#rise(place);
    if (risen === place) this.#sink(place);
  }

  #rise(from: number): number {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#isBefore(place, parent)) break;
      this.#swap(place, parent);
      place = parent;
    }
    return place;
  }

  #sink(from: number): void {
    for (let place = from; ; ) {
      let first = place;
      for (const child of [2 * place + 1, 2 * place + 2]) {
        if (child < this.#items.length && this.#isBefore(child, first)) first = child;
      }
      if (first === place) return;
      this.#swap(place, first);
      place = first;
    }
  }

  #isBefore(a: number, b: number): boolean {
    return this.#compare(this.#items[a]!, this.#items[b]!) < 0;
  }

  #swap(a: number, b: number): void {
    const item = this.#items[a]!;
    this.#put(this.#items[b]!, a);
    this.#put(item, b);
  }
}
