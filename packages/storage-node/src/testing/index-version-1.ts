import { writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/**
 * An index.db as the first version left it: the chunk that holds "hello", stored at 2026-01-01T00:00:00Z and read a
 * millisecond later, and a damaged one of 9 bytes called dd….
 */
const INDEX_VERSION_1 =
  "H4sIAAAAAAACA+3ZTU7CQBQA4NdGgpCQuiPs3k5NiGkZWu1OhKqNFbQMQVZk+jNg5CeB6p54BldewK338ASexlB0g9GNLkx8XzIvmXk/mWSW" +
  "0770rpMY5XQ2Fgky2AJVhUNEAFDf1wcFADbW9gp8T4W9h5fCslArgVYCQgghhBBCCCHkb1lESrZYLCr324kIRnE4vJ3cpEGt+06NO8hrR56D6RHu" +
  "5BERJ2IcI3euOF747nnN7+GZ0yunqVE8GSRDdJvcOXF8bLY4Njuet0rOk+ksjvoi6Y/nX5SMxDzpz2KxVrVKRmIsBnH0qRUbznGt43HU84i72Oa+" +
  "W+dl7Lr8tNXh6Le6biOvPYOqFUAraAE9OiGEEEIIIYSQf4FnFwUlk9kMpRFYoW1JXYZRYNpSyig0BTMZ0+1qxQj3mcn0UOoWs6VpmxET1YpZtQxm" +
  "hIZ1EGSUx7vXJ0ij0kyHQi76oVw6bvkh31Iy8Ft3fAPSavaBACAAAA==";

export function writeIndexVersion1(file: string): void {
  writeFileSync(file, gunzipSync(Buffer.from(INDEX_VERSION_1, "base64")), { mode: 0o600 });
}
