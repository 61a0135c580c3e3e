/** Names in one folder of an archive: of none that would lead out of it, and no two that a disk could take for one. */
export class ArchiveNames {
  readonly #taken = new Set<string>();
  /** What to try next for a name that is taken: thousands may differ in nothing that a disk minds. */
  readonly #nextNumber = new Map<string, number>();

  /** The name under which `wanted` stands in this folder: "a (2).txt" where "a.txt" is taken. */
  take(wanted: string): string {
    const name = safeName(wanted);
    const key = keyOf(name);
    if (this.#claim(key)) return name;
    for (let number = this.#nextNumber.get(key) ?? 2; ; number++) {
      const candidate = numbered(name, number);
      if (!this.#claim(keyOf(candidate))) continue;
      this.#nextNumber.set(key, number + 1);
      return candidate;
    }
  }

  #claim(key: string): boolean {
    if (this.#taken.has(key)) return false;
    this.#taken.add(key);
    return true;
  }
}

/** Some disks take no notice of case and composition, and Windows none of dots and spaces at the end. */
function keyOf(name: string): string {
  return name
    .normalize("NFC")
    .toLowerCase()
    .replace(/[. ]+$/, "");
}

/** Programs that unpack take "\" for "/", and "C:" for a disk, on some systems; "..", also with spaces, leads up. */
function safeName(name: string): string {
  const plain = name.replaceAll(/[\\/]/g, "_").replace(/^([A-Za-z]):/, "$1_");
  return /^[. ]*$/.test(plain) ? "_" : plain;
}

function numbered(name: string, count: number): string {
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? `${name} (${count})` : `${name.slice(0, dot)} (${count})${name.slice(dot)}`;
}
