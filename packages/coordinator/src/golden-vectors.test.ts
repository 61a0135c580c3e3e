import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { verifySignature } from "@commonhold/p2p/identity.ts";
import { describe, expect, it, onTestFinished } from "vitest";
import { createAccessTokens } from "./accounts/access-tokens.ts";
import {
  createOpaqueToken,
  hashOpaqueToken,
  JOIN_TOKEN,
  NODE_API_KEY,
  REFRESH_TOKEN,
} from "./accounts/opaque-token.ts";
import { createOwnerSecrets } from "./accounts/owner-secrets.ts";
import { createPasswordHasher } from "./accounts/password-hasher.ts";
import { openCoordinatorSecrets } from "./coordinator-secrets.ts";
import { openFileKey, sealFileKey } from "./files/file-key.ts";
import { decodeCursor, encodeCursor } from "./http/cursor.ts";
import { registrationProofBytes } from "./nodes/registration-proof.ts";
import { openHandoffSpool } from "./transfers/handoff-spool.ts";

// What a coordinator has written to disks and into clients' hands: made once, never changed.

const counting = { bytes: (length: number) => Uint8Array.from({ length }, (_, i) => i), fraction: () => 0 };
const filled = (byte: number) => new Uint8Array(32).fill(byte);
const unhex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const MASTER_KEY = filled(0x4d);
const ID = "0192f0c1-2345-7abc-8def-0123456789ab";

async function tempFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "commonhold-golden-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe("an access token", () => {
  const TOKEN = [
    "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9",
    "eyJyb2xlIjoib3BlcmF0b3IiLCJzdWIiOiIwMTkyZjBjMS0yMzQ1LTdhYmMtOGRlZi0wMTIzNDU2Nzg5YWIiLCJpc3MiOiJjb21tb25ob2xkIiw" +
      "iYXVkIjoiY29tbW9uaG9sZC1hcGkiLCJpYXQiOjE3NjcyMjU2MDAsImV4cCI6MTc2NzIyNjUwMCwianRpIjoiMDE5Yjc2ZGEtYTgwMC03MDAxLTg" +
      "yMDMtMDQwNTA2MDcwODA5In0",
    "vZP1LMH0US49p6S2PWTCTfHk7bjdmdBxIUdTc0LLWTM",
  ].join(".");
  const clock = { nowMs: () => 1_767_225_600_000, monotonicMs: () => 0 };

  it("has these claims in this layout, and is taken", async () => {
    const tokens = await createAccessTokens({ key: filled(7), clock, random: counting }, { ttlS: 900 });
    expect(await tokens.issue({ id: ID, role: "operator" })).toBe(TOKEN);
    expect(await tokens.verify(TOKEN)).toEqual({ userId: ID, expiresAtMs: 1_767_226_500_000 });
    const part = (index: number): unknown => JSON.parse(Buffer.from(TOKEN.split(".")[index]!, "base64url").toString());
    expect(part(0)).toEqual({ alg: "HS256", typ: "at+jwt" });
    expect(part(1)).toEqual({
      sub: ID,
      role: "operator",
      iss: "commonhold",
      aud: "commonhold-api",
      iat: 1_767_225_600,
      exp: 1_767_226_500,
      jti: "019b76da-a800-7001-8203-040506070809",
    });
  });
});

describe("an opaque token", () => {
  const SECRET = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
  it.each([
    ["refresh token", REFRESH_TOKEN, "chr", "978447fd1657238b2dfc8b928c470df454143c1a34ad057627d406e58db2b429"],
    ["join token", JOIN_TOKEN, "chj", "4d110aff2deb579d9db7cfaca467dfe9c9aae3f37d3dffe829694f94c4c8c6bf"],
    ["node API key", NODE_API_KEY, "chn", "f85c9ac4d7570413b4876b16d4d0f1843266030d51e121707dcdef7735c7de00"],
  ] as const)("(%s) has this text, and this hash is kept of it", (_, kind, prefix, hash) => {
    expect(createOpaqueToken(counting, kind)).toBe(`${prefix}_${SECRET}`);
    expect(hashOpaqueToken(`${prefix}_${SECRET}`)).toBe(hash);
  });
});

it("a password's hash has this text, and still knows its password", async () => {
  const PHC = "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$quyusfeeuAGbpiw09i+j4VKJ+I/5h3mugd4HghmS/x8";
  const hasher = createPasswordHasher({ random: counting }, { concurrentMax: 1, waitingMax: 5 });
  expect(await hasher.hash("correct horse battery")).toBe(PHC);
  expect(await hasher.verify("correct horse battery", PHC)).toBe(true);
  expect(await hasher.verify("correct horse batterY", PHC)).toBe(false);
});

it("cursors have this text", () => {
  const ofFiles = "WyJmaWxlczpuYW1lIiwiw6ljb2xlLnR4dCIsIjAxOTJmMGMxIl0";
  expect(encodeCursor("files:name", ["école.txt", "0192f0c1"])).toBe(ofFiles);
  expect(decodeCursor(ofFiles, "files:name", ["text", "text"])).toEqual(["école.txt", "0192f0c1"]);
  expect(encodeCursor("credits", [42])).toBe("WyJjcmVkaXRzIiw0Ml0");
  expect(decodeCursor("WyJjcmVkaXRzIiw0Ml0", "credits", ["number"])).toEqual([42]);
});

it("a registration's proof is this signature", () => {
  const peerId = "12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7";
  const signature = "mLdMsX+sC6zenLjiwMIzp0Ul/3SwR0Wc+/E8w4aXSUqGRxpAO/S++3ufDPMqdT9UJuSmKdM3MOMZsFKwXm0ZDQ==";
  const proof = registrationProofBytes({ joinToken: "chj_token", peerId, timestampMs: 1_767_225_600_000 });
  expect(verifySignature(peerId, proof, Buffer.from(signature, "base64"))).toBe(true);
});

describe("what is sealed under the master key", () => {
  const SALT = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

  it("a file's key", () => {
    const sealed = `01${SALT}391807505bb670bedba042f1b80a4b8853d4a6805c258e2082ae155d0ca0b7e2b76da509de03519d90e6228e3b473a30`;
    expect(openFileKey(unhex(sealed), ID, MASTER_KEY)).toEqual(filled(0x77));
    const made = sealFileKey({ fileId: ID, fileKey: filled(0x77) }, MASTER_KEY, counting);
    expect(Buffer.from(made).toString("hex")).toBe(sealed);
  });

  it("an owner's secret", async () => {
    const sealed = `01${SALT}34c396dbf5c4b19c7153b38f23012345578c0ba593d6589e75e1ad86cdb12a222408c302945716657566158ad3d45ed0`;
    const query = {
      select: () => query,
      where: () => query,
      executeTakeFirst: async () => ({ sealed_secret: unhex(sealed) }),
    };
    const read = { selectFrom: () => query } as unknown as Parameters<typeof createOwnerSecrets>[0]["metadata"]["read"];
    const secrets = createOwnerSecrets({ metadata: { read }, masterKey: MASTER_KEY });
    expect(await secrets.ownerSecret(ID)).toEqual(filled(0x78));
  });
});

describe("in the data folder", () => {
  it("a chunk in the spool is a file of its name with its sealed bytes", async () => {
    const name = "cf1b6c96f0fcdb59fffdc5a353309421c73530cf0639f595d3a42546131c168b" as ChunkName;
    const folder = await tempFolder();
    await writeFile(join(folder, name), "hello", { mode: 0o600 });
    const spool = await openHandoffSpool({ folder, maxBytes: 100 });
    expect([spool.names(), spool.usedBytes]).toEqual([[name], 5]);
    expect(Buffer.from((await spool.get(name))!).toString()).toBe("hello");
    await spool.remove(name);
    await spool.put(name, Buffer.from("hello"));
    expect(await readFile(join(folder, name), "utf8")).toBe("hello");
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  });

  it("the secrets are these files", async () => {
    const folder = await tempFolder();
    const identity =
      "0801124007070707070707070707070707070707070707070707070707070707070707" +
      "07ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c";
    await writeFile(join(folder, "identity.key"), unhex(identity), { mode: 0o600 });
    await writeFile(join(folder, "master.key"), MASTER_KEY, { mode: 0o600 });
    await writeFile(join(folder, "token.key"), filled(7), { mode: 0o600 });
    const secrets = await openCoordinatorSecrets(folder, join(folder, "metadata.db"));
    expect(secrets.identity.peerId).toBe("12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7");
    expect([secrets.masterKey, secrets.tokenKey]).toEqual([MASTER_KEY, filled(7)]);
  });
});
