import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { build, type Plugin } from "vite";
import { PROJECT_FOLDER } from "./run-tool.ts";
import { listFiles } from "./source-files.ts";

const WEB = join(PROJECT_FOLDER, "packages/web");
const DIST = join(WEB, "dist");
const STAMP = "built-from";
const SOURCES = ["packages/web", "packages/client/src", "packages/core/src"];
const NOT_SOURCES = /^packages\/web\/dist|\.(?:test|fixture|contract)\.tsx?$|\/testing\//;
/** Compressing smaller ones costs more than it saves. */
const COMPRESSED_BYTES_MIN = 512;
const TEXT = /\.(?:js|css|html|svg|webmanifest)$/;

/** The component library brings its few words in thirty languages; the page speaks one. */
const ENGLISH_ONLY: Plugin = {
  name: "english-only",
  enforce: "pre",
  load: (id) =>
    /\/react-(?:aria|stately)[\w-]*\/dist\/.*\/intl\/.*(?<!\/en-US)\.mjs$/.test(id) ? "export default {};" : undefined,
};

/** Whether what is built is of these very sources. */
export function isWebCurrent(): boolean {
  const stamp = join(DIST, STAMP);
  return existsSync(stamp) && readFileSync(stamp, "utf8") === sourceDigest();
}

export interface WebBuild {
  readonly seconds: number;
  /** Compressed script that the page asks for before it shows anything. */
  readonly firstLoadBytes: number;
}

/** Builds into a folder of its own and puts that in place of the old one. */
export async function buildWeb(): Promise<WebBuild> {
  const began = performance.now();
  const digest = sourceDigest();
  await mkdir(WEB, { recursive: true });
  const folder = await mkdtemp(join(WEB, "dist-"));
  const { NODE_ENV } = process.env;
  // Tests, which set another, are to be of what people get.
  process.env.NODE_ENV = "production";
  try {
    await build({
      root: WEB,
      mode: "production",
      configFile: false,
      logLevel: "error",
      plugins: [ENGLISH_ONLY],
      build: {
        outDir: folder,
        emptyOutDir: true,
        target: "es2023",
        modulePreload: { polyfill: false },
        assetsInlineLimit: 0,
        reportCompressedSize: false,
      },
    });
    const firstLoadBytes = await compressAll(folder);
    await writeFile(join(folder, STAMP), digest);
    await rm(DIST, { recursive: true, force: true });
    await rename(folder, DIST);
    return { seconds: (performance.now() - began) / 1000, firstLoadBytes };
  } finally {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = NODE_ENV;
    await rm(folder, { recursive: true, force: true });
  }
}

async function compressAll(folder: string): Promise<number> {
  const names = listFiles(folder, ".").filter((name) => TEXT.test(name));
  const page = await readFile(join(folder, "index.html"), "utf8");
  let firstLoadBytes = 0;
  for (const name of names) {
    const bytes = await readFile(join(folder, name));
    if (bytes.length < COMPRESSED_BYTES_MIN) continue;
    const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
    const brotli = await promisify(brotliCompress)(bytes, { params });
    await writeFile(join(folder, `${name}.br`), brotli);
    await writeFile(join(folder, `${name}.gz`), await promisify(gzip)(bytes, { level: 9 }));
    if (name.endsWith(".js") && page.includes(name)) firstLoadBytes += brotli.length;
  }
  return firstLoadBytes;
}

function sourceDigest(): string {
  const digest = createHash("sha256");
  const files = SOURCES.flatMap((folder) => listFiles(PROJECT_FOLDER, folder));
  const others = ["scripts/web-build.ts", "package-lock.json"];
  for (const path of [...files.filter((each) => !NOT_SOURCES.test(each)), ...others]) {
    digest
      .update(`${path}\0`)
      .update(readFileSync(join(PROJECT_FOLDER, path)))
      .update("\0");
  }
  return digest.digest("hex");
}
