import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PROJECT_FOLDER } from "./run-tool.ts";

// Every format that is written to a disk, sent to a peer or handed to a client, and the test that holds it to bytes that
// were made once. Such a test changes only together with a reader for what is out there already. [format, file, test]
const GOLDEN_VECTORS: readonly (readonly [format: string, file: string, test: string])[] = [
  ["frame", "packages/wire/src/frame.test.ts", "have these bytes"],
  ["every protobuf message", "packages/wire/src/golden-vectors.test.ts", "has these bytes"],
  ["ids of the protocols", "packages/wire/src/golden-vectors.test.ts", "the protocols have these ids"],
  ["store-chunk, whole", "packages/wire/src/golden-vectors.test.ts", "store-chunk: frame and raw bytes there"],
  ["store-batch, whole", "packages/wire/src/golden-vectors.test.ts", "store-batch: frame and raw bytes of all there"],
  ["retrieve-batch, whole", "packages/wire/src/golden-vectors.test.ts", "retrieve-batch: a frame there"],
  [
    "retrieve-chunk and delete-chunk, whole",
    "packages/wire/src/golden-vectors.test.ts",
    "retrieve-chunk and delete-chunk:",
  ],
  ["signed grant", "packages/wire/src/grant.test.ts", "have these bytes and this signature"],
  ["chunk name", "packages/chunk/src/merkle.test.ts", "keeps to the golden vector of %s"],

  ["sealed chunk, codec none", "packages/chunk/src/seal-chunk.test.ts", "keeps to its golden vector"],
  ["sealed chunk, codec zstd", "packages/chunk/src/seal-chunk.test.ts", "opens: zstd-1.5.7-l1"],
  ["chunk entry", "packages/chunk/src/chunk-entry.test.ts", "keep to their golden vector"],
  ["wrapped key", "packages/chunk/src/key-wrap.test.ts", "keep to their golden vector"],
  ["content id", "packages/chunk/src/content-id.test.ts", "keep to the golden vector of"],
  ["audit: selected leaves", "packages/core/src/audit/leaf-selection.test.ts", "keeps to its golden vector"],
  ["audit: proof", "packages/chunk/src/audit-answer.test.ts", "keeps to its golden vector"],
  ["audit: period key, commitment, seed", "packages/core/src/audit/audit-seed.test.ts", "keeps to its golden vector"],
  ["audit: order of a cycle", "packages/core/src/audit/audit-schedule.test.ts", "keeps to its golden vector"],
  ["audit: name of a challenge", "packages/wire/src/golden-vectors.test.ts", "the name of a challenge's chunks is"],
  ["audit: signed statement", "packages/core/src/audit/verify-audit-answer.test.ts", "golden statement"],
  [
    "identity.key, peer id, signature",
    "packages/p2p/src/identity.test.ts",
    "has this peer id, these bytes and this signature",
  ],
  ["registration proof, signed", "packages/storage-node/src/golden-vectors.test.ts", "signs a registration like this"],
  [
    "registration proof, verified",
    "packages/coordinator/src/golden-vectors.test.ts",
    "a registration's proof is this signature",
  ],
  ["node.toml", "packages/storage-node/src/golden-vectors.test.ts", "of version 0.1.0 is read, with what was set"],
  ["credentials.json of a node", "packages/storage-node/src/golden-vectors.test.ts", "has this text"],
  ["drain.json", "packages/storage-node/src/golden-vectors.test.ts", "drain.json has this text"],
  ["index.db", "packages/storage-node/src/golden-vectors.test.ts", "of version 1 is read and not made anew"],
  ["paths of chunk files", "packages/storage-node/src/golden-vectors.test.ts", "lie at this path, as they were sealed"],
  [
    "schema of the metadata",
    "packages/metadata/src/migrations/golden-schema.test.ts",
    "is the one that was written down",
  ],
  ["metadata of version 1", "packages/metadata/src/migrations/golden-schema.test.ts", "is read as it was written"],
  ["access token", "packages/coordinator/src/golden-vectors.test.ts", "has these claims in this layout"],
  [
    "join token, refresh token, API key",
    "packages/coordinator/src/golden-vectors.test.ts",
    "has this text, and this hash",
  ],
  ["password hash", "packages/coordinator/src/golden-vectors.test.ts", "a password's hash has this text"],
  ["cursor", "packages/coordinator/src/golden-vectors.test.ts", "cursors have this text"],
  ["sealed file key", "packages/coordinator/src/golden-vectors.test.ts", "a file's key"],
  ["sealed owner's secret", "packages/coordinator/src/golden-vectors.test.ts", "an owner's secret"],
  ["spool", "packages/coordinator/src/golden-vectors.test.ts", "a chunk in the spool is a file of its name"],
  [
    "identity.key, master.key, token.key",
    "packages/coordinator/src/golden-vectors.test.ts",
    "the secrets are these files",
  ],
  ["credentials.json of a person", "packages/cli/src/state/golden-vectors.test.ts", "credentials.json has this text"],
  ["note of an upload", "packages/cli/src/state/golden-vectors.test.ts", "the note of an upload is this file"],
  [
    "note of a download",
    "packages/cli/src/state/golden-vectors.test.ts",
    "the note of a download under way is this file",
  ],
];

describe("the golden vector of", () => {
  it.each(GOLDEN_VECTORS)("%s stands in its test", async (_, file, test) => {
    expect(await readFile(join(PROJECT_FOLDER, file), "utf8")).toContain(test);
  });
});
