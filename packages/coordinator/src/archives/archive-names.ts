/** Names in one folder of an archive: of none that would lead out of it, and no two that a disk could take for one. */
export class ArchiveNames {
  readonly #taken = new Set<string>();

  /** The name under which `wanted` stands in this folder: "a (2).txt" where "a.txt" is taken. */
  take(wanted: string): string {
    const name = safeName(wanted);
    for (let count = 1; ; count++) {
      const candidate = count === 1 ? name : numbered(name, count);
      const key = candidate.normalize("NFC").toLowerCase();
      if (this.#taken.has(key)) continue;
      this.#taken.add(key);
      return candidate;
    }
  }
}

/** Programs that unpack take "\" for "/", and "C:" for a disk, on some systems. */
function safeName(name: string): string {
  const plain = name.replaceAll(/[\\/]/g, "_").replace(/^([A-Za-z]):/, "$1_");
  return /^\.{0,2}$/.test(plain) ? "_" : plain;
}

function numbered(name: string, count: number): string {
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? `${name} (${count})` : `${name.slice(0, dot)} (${count})${name.slice(dot)}`;
}
