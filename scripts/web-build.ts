import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { build, type InlineConfig, type Plugin, type Rolldown } from "vite";
import { PROJECT_FOLDER } from "./run-tool.ts";
import { listFiles } from "./source-files.ts";
import { FIRST_LOAD_FILE, type FirstLoad, weighFirstLoad } from "./web-first-load.ts";
import { planScripts, scriptsOf, type Stage } from "./web-stages.ts";

const WEB = join(PROJECT_FOLDER, "packages/web");
export const WEB_DIST = join(WEB, "dist");
const STAMP = "built-from";
const SOURCES = ["packages/web", "packages/client/src", "packages/core/src"];
const NOT_SOURCES = /^packages\/web\/dist|\.(?:test|fixture|contract)\.tsx?$|\/testing\//;
const BUILDERS = ["scripts/web-build.ts", "scripts/web-first-load.ts", "scripts/web-stages.ts", "package-lock.json"];
/** Compressing smaller ones costs more than it saves. */
const COMPRESSED_BYTES_MIN = 512;
const TEXT = /\.(?:js|css|html|svg|webmanifest)$/;
const WORKER = "service-worker.js";
const MAIN = "/src/main.tsx";
/** In the order in which they are asked for. */
const STAGES: readonly Stage[] = [
  { name: "first", entries: ["/src/first.ts"] },
  { name: "door", entries: [MAIN] },
  { name: "rooms", entries: ["/src/app/rooms.tsx"] },
  {
    name: "rest",
    entries: ["/src/files/movable-list.tsx", "/src/ui/button-with-menu.tsx", "/src/files/drop-crumb.tsx"],
  },
];

/** The component library brings its few words in thirty languages; the page speaks one. */
const ENGLISH_ONLY: Plugin = {
  name: "english-only",
  enforce: "pre",
  load: (id) =>
    /\/react-(?:aria|stately)[\w-]*\/dist\/.*\/intl\/.*(?<!\/en-US)\.mjs$/.test(id) ? "export default {};" : undefined,
};

/** The page names the scripts of the way in, so that they come beside the first, which asks for them. */
const ASKED_FOR_AT_ONCE: Plugin = {
  name: "asked-for-at-once",
  transformIndexHtml: {
    order: "post",
    handler: (_html, { bundle: built = {} }) => {
      const scripts = Object.values(built).filter(isScript);
      return [...scriptsOf(scripts, [MAIN])].map(({ fileName }) => ({
        tag: "link",
        attrs: { rel: "modulepreload", crossorigin: true, href: `/${fileName}` },
        injectTo: "head" as const,
      }));
    },
  },
};

/** Whether what is built is of these very sources. */
export function isWebCurrent(): boolean {
  const stamp = join(WEB_DIST, STAMP);
  return existsSync(stamp) && readFileSync(stamp, "utf8") === sourceDigest();
}

export interface WebBuild {
  readonly seconds: number;
  readonly firstLoad: FirstLoad;
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
    const buildId = digest.slice(0, 16);
    const scripts = await buildPage(folder, buildId);
    await buildWorker(folder, buildId);
    await compressAll(folder);
    const firstLoad = await weighFirstLoad(folder, scripts);
    await writeFile(join(folder, FIRST_LOAD_FILE), `${JSON.stringify(firstLoad, null, 2)}\n`);
    await writeFile(join(folder, STAMP), digest);
    await rm(WEB_DIST, { recursive: true, force: true });
    await rename(folder, WEB_DIST);
    return { seconds: (performance.now() - began) / 1000, firstLoad };
  } finally {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = NODE_ENV;
    await rm(folder, { recursive: true, force: true });
  }
}

const CONFIG: InlineConfig = { root: WEB, mode: "production", configFile: false, logLevel: "error" };
const TARGET = "es2023";

/** Once to see what each stage needs, then so that each stage is a few scripts. */
async function buildPage(folder: string, buildId: string): Promise<readonly Rolldown.OutputChunk[]> {
  const plan = planScripts(await bundle({ folder, buildId, groups: [], write: false }), STAGES);
  const names = [...new Set(plan.values())];
  const groups = names.map((name, index) => ({
    name,
    test: (id: string) => plan.get(id) === name,
    priority: names.length - index,
    includeDependenciesRecursively: false,
  }));
  return bundle({ folder, buildId, groups, write: true });
}

interface Bundle {
  readonly folder: string;
  readonly buildId: string;
  readonly groups: Rolldown.CodeSplittingGroup[];
  readonly write: boolean;
}

async function bundle({ folder, buildId, groups, write }: Bundle): Promise<readonly Rolldown.OutputChunk[]> {
  const result = await build({
    ...CONFIG,
    plugins: [ENGLISH_ONLY, ASKED_FOR_AT_ONCE],
    define: { BUILD_ID: JSON.stringify(buildId) },
    build: {
      outDir: folder,
      emptyOutDir: true,
      write,
      target: TARGET,
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      reportCompressedSize: false,
      rolldownOptions: { output: { codeSplitting: { groups } } },
    },
  });
  return [result].flat().flatMap((each) => ("output" in each ? each.output.filter(isScript) : []));
}

function isScript(output: Rolldown.OutputChunk | Rolldown.OutputAsset): output is Rolldown.OutputChunk {
  return output.type === "chunk";
}

/** The service worker: one classic script at the root, with the list of what it keeps. */
async function buildWorker(folder: string, buildId: string): Promise<void> {
  const names = listFiles(folder, ".");
  const page = await readFile(join(folder, "index.html"));
  const shell = {
    id: buildId,
    pageIntegrity: `sha256-${createHash("sha256").update(page).digest("base64")}`,
    files: names.filter((name) => name !== "index.html").map((name) => `/${name}`),
  };
  await build({
    ...CONFIG,
    publicDir: false,
    define: { SHELL: JSON.stringify(shell) },
    build: {
      outDir: folder,
      emptyOutDir: false,
      target: TARGET,
      reportCompressedSize: false,
      lib: {
        entry: join(WEB, "src/offline/service-worker.ts"),
        formats: ["iife"],
        name: "worker",
        fileName: () => WORKER,
      },
    },
  });
}

async function compressAll(folder: string): Promise<void> {
  for (const name of listFiles(folder, ".").filter((each) => TEXT.test(each))) {
    const bytes = await readFile(join(folder, name));
    if (bytes.length < COMPRESSED_BYTES_MIN) continue;
    const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
    await writeFile(join(folder, `${name}.br`), await promisify(brotliCompress)(bytes, { params }));
    await writeFile(join(folder, `${name}.gz`), await promisify(gzip)(bytes, { level: 9 }));
  }
}

function sourceDigest(): string {
  const digest = createHash("sha256");
  const files = SOURCES.flatMap((folder) => listFiles(PROJECT_FOLDER, folder));
  for (const path of [...files.filter((each) => !NOT_SOURCES.test(each)), ...BUILDERS]) {
    digest
      .update(`${path}\0`)
      .update(readFileSync(join(PROJECT_FOLDER, path)))
      .update("\0");
  }
  return digest.digest("hex");
}
