import type { ChunkCrypto } from "./crypto-port.ts";
import { nodeCrypto } from "./node-crypto.ts";

/**
 * The one place where this package meets its platform. A bundle for browsers puts a module with WebCrypto behind
 * the same port in the place of this one; no other module imports from Node.
 */
export const platformCrypto: ChunkCrypto = nodeCrypto;
