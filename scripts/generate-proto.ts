/**
 * `npm run proto`: writes packages/wire/src/gen anew from packages/wire/proto. The compiler and its plugin are fetched
 * for the occasion, so that they are nobody's dependencies.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { PROJECT_FOLDER } from "./run-tool.ts";

const PACKAGES = ["@bufbuild/buf@1.75.0", "@bufbuild/protoc-gen-es@2.17.0"];
const TEMPLATE = {
  version: "v2",
  clean: true,
  plugins: [{ local: "protoc-gen-es", out: "packages/wire/src/gen", opt: ["target=ts", "import_extension=ts"] }],
};

const args = ["exec", "--yes", ...PACKAGES.map((name) => `--package=${name}`), "--"];
const compile = ["buf", "generate", "packages/wire/proto", "--template", JSON.stringify(TEMPLATE)];
const npm = process.env["npm_execpath"];
const child =
  npm === undefined
    ? spawn("npm", [...args, ...compile], { cwd: PROJECT_FOLDER, stdio: "inherit" })
    : spawn(process.execPath, [npm, ...args, ...compile], { cwd: PROJECT_FOLDER, stdio: "inherit" });
const [code] = (await once(child, "exit")) as [number | null];
process.exitCode = code ?? 1;
