import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { type LockPackages, missingPlatformPackages, platformOf } from "./platform-packages.ts";

it("package-lock.json has every system's packages, as npm ci wants it (mend: scripts/complete-lockfile.ts)", () => {
  const text = readFileSync(new URL("../package-lock.json", import.meta.url), "utf8");
  const { packages } = JSON.parse(text) as { packages: LockPackages };
  expect(Object.keys(packages).length).toBeGreaterThan(100);
  expect(Object.keys(missingPlatformPackages(packages))).toEqual([]);
});

it("finds what a lock file lacks, at every depth", () => {
  const packages: LockPackages = {
    "": {},
    "node_modules/tool": { dev: true, optionalDependencies: { "tool-linux-x64": "1.0.0", "tool-win32-x64": "1.0.0" } },
    "node_modules/tool-linux-x64": { version: "1.0.0", optional: true },
    "node_modules/a/node_modules/b": { optionalDependencies: { "@b/darwin-arm64": "2.0.0", c: "1.0.0", d: "1.0.0" } },
    "node_modules/a/node_modules/c": { version: "1.0.0" },
    "node_modules/a/node_modules/b/node_modules/d": { version: "1.0.0" },
  };
  expect(missingPlatformPackages(packages)).toEqual({
    "node_modules/tool-win32-x64": { version: "1.0.0", dev: true, optional: true, os: ["win32"], cpu: ["x64"] },
    "node_modules/@b/darwin-arm64": { version: "2.0.0", optional: true, os: ["darwin"], cpu: ["arm64"] },
  });
});

it.each([
  ["@x/binding-linux-arm64-musl", { os: ["linux"], cpu: ["arm64"], libc: ["musl"] }],
  ["@x/binding-linux-arm-gnueabihf", { os: ["linux"], cpu: ["arm"], libc: ["glibc"] }],
  ["@x/cli-linux-x64", { os: ["linux"], cpu: ["x64"] }],
  ["@x/binding-win32-ia32-msvc", { os: ["win32"], cpu: ["ia32"] }],
  ["@x-linux-x64/android-arm-eabi", { os: ["android"], cpu: ["arm"] }],
])("reads the platform of %s", (name, platform) => {
  expect(platformOf(name)).toEqual(platform);
});

it("does not guess the platform of other packages", () => {
  expect(() => platformOf("fsevents")).toThrow("does not name");
});
