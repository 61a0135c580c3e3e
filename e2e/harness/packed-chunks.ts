import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const PACK_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 72;
const RECORD_MAGIC = 0x43485201;
const CHUNK = 1;

/** Lengths of the chunks in a node's packs, by name: read as docs/chunk-store.md says, without the node's own code. */
export function packedChunks(nodeFolder: string): ReadonlyMap<string, number> {
  const latest = new Map<string, { readonly sequence: bigint; readonly kind: number; readonly length: number }>();
  const packs = join(nodeFolder, "packs");
  for (const file of existsSync(packs) ? readdirSync(packs) : []) {
    const bytes = readFileSync(join(packs, file));
    for (let at = PACK_HEADER_BYTES; at + RECORD_HEADER_BYTES <= bytes.length; ) {
      const length = bytes.readUInt32BE(at + 64);
      if (bytes.readUInt32BE(at) !== RECORD_MAGIC || at + RECORD_HEADER_BYTES + length > bytes.length) break;
      const name = bytes.toString("hex", at + 32, at + 64);
      const sequence = bytes.readBigUInt64BE(at + 8);
      const known = latest.get(name);
      if (known === undefined || known.sequence < sequence)
        latest.set(name, { sequence, kind: bytes[at + 4]!, length });
      at += Math.ceil((RECORD_HEADER_BYTES + length) / 8) * 8;
    }
  }
  return new Map([...latest].flatMap(([name, { kind, length }]) => (kind === CHUNK ? [[name, length] as const] : [])));
}
