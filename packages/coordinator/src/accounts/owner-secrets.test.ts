import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiFixture, createApiFixture } from "../http/api.fixture.ts";
import { createOwnerSecrets } from "./owner-secrets.ts";

let api: ApiFixture;
beforeAll(async () => {
  api = await createApiFixture({ engine: "memory" });
});
afterAll(() => api.close());

describe("owner secrets", () => {
  it("are 32 bytes, each user's own, and the same after a restart", async () => {
    const [ada, ben] = [await api.newUser(), await api.newUser()];
    const secret = await api.ownerSecrets.ownerSecret(ada.id);
    expect(secret).toHaveLength(32);
    expect(await createOwnerSecrets(api).ownerSecret(ada.id)).toEqual(secret);
    expect(await api.ownerSecrets.ownerSecret(ben.id)).not.toEqual(secret);
  });

  it("stay closed under another master key", async () => {
    const { id } = await api.newUser();
    const other = createOwnerSecrets({ metadata: api.metadata, masterKey: new Uint8Array(32) });
    await expect(other.ownerSecret(id)).rejects.toMatchObject({ code: "KEY_MISMATCH" });
  });

  it("of an unknown user are refused", async () => {
    await expect(api.ownerSecrets.ownerSecret("nobody")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});
