import { writeFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiFixture, createApiFixture, PASSWORD } from "../http/api.fixture.ts";

const NEXT = "another long password";
const WRONG_MAX = 5;

let api: ApiFixture;
beforeAll(async () => {
  api = await createApiFixture({ failedLoginsPerAccountMax: WRONG_MAX });
});
afterAll(() => api.close());

const login = (email: string, password: string) =>
  api.call("POST", "/api/v1/auth/login", { body: { email, password } });
const refresh = (token: string) => api.call("POST", "/api/v1/auth/refresh", { body: { refresh_token: token } });
const change = (token: string, body: object) => api.call("PUT", "/api/v1/auth/password", { token, body });

async function person() {
  const { email } = await api.newUser();
  const { body } = await login(email, PASSWORD);
  return { email, token: body.access_token as string, refreshToken: body.refresh_token as string };
}

describe("PUT /auth/password", () => {
  it("lets in with the new password alone, and ends every login but this one", async () => {
    const { email, token, refreshToken } = await person();
    const elsewhere = (await login(email, PASSWORD)).body.refresh_token;
    const body = { current_password: PASSWORD, new_password: NEXT, refresh_token: refreshToken };
    const changed = await change(token, body);
    expect([changed.status, changed.body]).toEqual([200, { ended: 2 }]);
    expect((await login(email, PASSWORD)).body.error.code).toBe("INVALID_CREDENTIALS");
    expect((await login(email, NEXT)).status).toBe(200);
    expect((await refresh(elsewhere)).status).toBe(401);
    expect((await refresh(refreshToken)).status).toBe(200);
  });

  it("keeps no login for another's refresh token, and none without one", async () => {
    const [ada, bob] = [await person(), await person()];
    const body = { current_password: PASSWORD, new_password: NEXT, refresh_token: bob.refreshToken };
    expect((await change(ada.token, body)).status).toBe(200);
    expect((await refresh(ada.refreshToken)).status).toBe(401);
    expect((await refresh(bob.refreshToken)).status).toBe(200);
  });

  it("refuses a wrong current password, and guesses without end", async () => {
    const { email, token } = await person();
    const guess = (current_password: string) => change(token, { current_password, new_password: NEXT });
    for (let n = 0; n < WRONG_MAX; n++) {
      expect((await guess(`wrong password ${n}`)).body.error.code).toBe("INVALID_CREDENTIALS");
    }
    expect((await guess(PASSWORD)).status).toBe(429);
    expect((await login(email, PASSWORD)).status).toBe(200);
  });

  it.each([
    ["too short", "short"],
    ["the same", PASSWORD],
  ])("refuses a new password that is %s", async (_what, new_password) => {
    const { email, token } = await person();
    const refused = await change(token, { current_password: PASSWORD, new_password });
    expect([refused.status, refused.body.error.code]).toEqual([400, "INVALID_REQUEST"]);
    expect((await login(email, PASSWORD)).status).toBe(200);
  });

  it("is nobody else's to change", async () => {
    const body = { current_password: PASSWORD, new_password: NEXT };
    expect((await api.call("PUT", "/api/v1/auth/password", { body })).status).toBe(401);
  });

  it("gives way where it was changed meanwhile", async () => {
    const { token } = await person();
    const answers = await Promise.all(
      ["first new password", "second new password"].map((new_password) =>
        change(token, { current_password: PASSWORD, new_password }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
  });

  it("takes the password of the first account out of its file", async () => {
    const { email, token } = await person();
    const file = join(api.folder, "first-account.json");
    await writeFile(file, JSON.stringify({ email, password: PASSWORD }), { mode: 0o600 });
    const other = await person();
    await change(other.token, { current_password: PASSWORD, new_password: NEXT });
    expect(JSON.parse(await readFile(file, "utf8"))).toEqual({ email, password: PASSWORD });
    await change(token, { current_password: PASSWORD, new_password: NEXT });
    expect(JSON.parse(await readFile(file, "utf8"))).toEqual({ email, password_changed: true });
  });
});
