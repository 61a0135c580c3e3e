import { builtinModules } from "node:module";
import { posix } from "node:path";
import type { SourceFile } from "./source-files.ts";

/**
 * The floors of ARCHITECTURE.md: a package imports only from floors below its own, never sideways. By folder of
 * `packages/`; a folder that is not listed here is a mistake too.
 */
export const FLOORS: Readonly<Record<string, number>> = {
  core: 0,
  chunk: 1,
  wire: 1,
  runtime: 1,
  metadata: 2,
  p2p: 2,
  "storage-node": 3,
  coordinator: 3,
  client: 3,
  cli: 4,
  web: 4,
};

export interface PackageManifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

export interface House {
  readonly files: readonly SourceFile[];
  /** By folder of `packages/`. */
  readonly manifests: Readonly<Record<string, PackageManifest>>;
  /** The packages that tests may use besides. */
  readonly developmentDependencies: readonly string[];
}

const SCOPE = "@commonhold/";
const BUILT_IN: ReadonlySet<string> = new Set(builtinModules);
const VAGUE_NAME = /(^|[-/])(utils?|helpers?|managers?|misc|common|shared)(\.tsx?$|\/)/;

/** Everything in `packages/<name>/src` that breaks a rule of the house, one sentence each. */
export function findViolations(house: House): readonly string[] {
  const found: string[] = [];
  for (const folder of Object.keys(house.manifests)) {
    if (!Object.hasOwn(FLOORS, folder)) found.push(`packages/${folder} has no floor: add it to the table of floors`);
  }
  for (const file of house.files) {
    found.push(...nameViolations(file.path));
    if (file.hasDefaultExport) found.push(`${file.path} has a default export: export it by its name`);
    for (const specifier of file.imports) {
      const broken = importViolation(house, file, specifier);
      if (broken !== undefined) found.push(`${file.path} imports "${specifier}": ${broken}`);
    }
  }
  return [...found, ...unusedDependencies(house)];
}

function nameViolations(path: string): readonly string[] {
  const found: string[] = [];
  if (posix.basename(path) === "index.ts") found.push(`${path} is a barrel: import from the files themselves`);
  if (VAGUE_NAME.test(path)) found.push(`${path} says nothing by its name: name it after what it holds`);
  return found;
}

function importViolation(house: House, file: SourceFile, specifier: string): string | undefined {
  const folder = folderOf(file.path);
  if (specifier.startsWith(".")) return relativeViolation(file.path, specifier);
  if (specifier.startsWith("node:")) return undefined;
  if (BUILT_IN.has(specifier)) return `write "node:${specifier}"`;
  const name = packageOf(specifier);
  const target = Object.entries(house.manifests).find(([, manifest]) => manifest.name === name)?.[0];
  if (target !== undefined) {
    const broken = floorViolation(folder, target);
    if (broken !== undefined) return broken;
  } else if (name.startsWith(SCOPE)) {
    return "there is no such package";
  }
  const dependencies = Object.keys(house.manifests[folder]?.dependencies ?? {});
  const allowed = file.isTest ? [...dependencies, ...house.developmentDependencies] : dependencies;
  return allowed.includes(name) ? undefined : `packages/${folder}/package.json does not have ${name}`;
}

function relativeViolation(path: string, specifier: string): string | undefined {
  const target = posix.join(posix.dirname(path), specifier);
  const own = path.split("/").slice(0, 2).join("/");
  if (!target.startsWith(`${own}/`)) return "that is another package's file: import it by the package's name";
  return /\.(?:tsx?|json|css)$/.test(specifier) ? undefined : "write the file's whole name";
}

function floorViolation(from: string, to: string): string | undefined {
  if (from === to) return "that is this package itself: import the file by its relative path";
  const [fromFloor = -1, toFloor = -1] = [FLOORS[from], FLOORS[to]];
  if (toFloor < fromFloor) return undefined;
  return `${from} (floor ${fromFloor}) may import only from lower floors, ${to} is on floor ${toFloor}`;
}

function unusedDependencies(house: House): readonly string[] {
  return Object.entries(house.manifests).flatMap(([folder, manifest]) => {
    const own = house.files.filter((file) => folderOf(file.path) === folder && !file.isTest);
    const imported = new Set(own.flatMap((file) => file.imports.map(packageOf)));
    return Object.keys(manifest.dependencies ?? {})
      .filter((name) => !imported.has(name))
      .map((name) => `packages/${folder}/package.json has ${name}, which nothing in it imports`);
  });
}

function folderOf(path: string): string {
  return path.split("/")[1] ?? "";
}

function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}
