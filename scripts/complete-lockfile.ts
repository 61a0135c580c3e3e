/** Adds to package-lock.json the packages of other systems that npm could not see when it wrote the file. */
import { readFileSync, writeFileSync } from "node:fs";
import { type LockPackages, missingPlatformPackages } from "./platform-packages.ts";

const file = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8")) as { packages: LockPackages };
const missing = missingPlatformPackages(lock.packages);
const packages = Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) => a.localeCompare(b, "en"));
writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }, null, 2)}\n`);
console.log(`${Object.keys(missing).length} packages added to package-lock.json`);
