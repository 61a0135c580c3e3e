/** SHA-256 (FIPS 180-4) over `parts` one after the other; 32 bytes. Several parts, so that nobody need join them. */
export type Sha256 = (...parts: readonly Uint8Array[]) => Uint8Array;

/** HMAC-SHA-256 (RFC 2104) under `key` over `parts` one after the other; 32 bytes. */
export type HmacSha256 = (key: Uint8Array, ...parts: readonly Uint8Array[]) => Uint8Array;
