import { expect, it } from "vitest";
import { toolEnvironment } from "./tool-environment.ts";

it("tools get what they need of the environment, but no secrets and no settings", () => {
  const needed = { PATH: "/bin", HOME: "/h", LC_ALL: "C", CI: "true", COMMONHOLD_TEST_SEED: "7" };
  const others = {
    API_TOKEN: "t",
    AWS_SECRET_ACCESS_KEY: "k",
    COMMONHOLD_NODE_NAME: "n",
    NODE_OPTIONS: "-r x",
    FORCE_COLOR: "3",
  };
  const env = { ...needed, ...others };
  expect(toolEnvironment(env, { colours: false })).toEqual({ ...needed, NO_COLOR: "1" });
  expect(toolEnvironment(env, { colours: true })).toEqual({ ...needed, FORCE_COLOR: "1" });
});
