import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { parseAst } from "vitest/node";

export interface SourceFile {
  /** From the project's folder, with "/". */
  readonly path: string;
  /** Whether it only serves tests: a test, a contract suite, a fixture, or anything in a folder `testing`. */
  readonly isTest: boolean;
  /** What it imports in any way, types and dynamic imports included. */
  readonly imports: readonly string[];
  readonly hasDefaultExport: boolean;
}

/** Reads the TypeScript files below a folder, sorted by path. */
export function readSourceFiles(root: string, folder: string): readonly SourceFile[] {
  return listFiles(root, folder)
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => parseSourceFile(path, readFileSync(join(root, path), "utf8")));
}

export function parseSourceFile(path: string, text: string): SourceFile {
  const imports = new Set<string>();
  let hasDefaultExport = false;
  visit(parseAst(text, { lang: path.endsWith("x") ? "tsx" : "ts" }), (node) => {
    const source = sourceOf(node);
    if (source !== undefined) imports.add(source);
    if (node["type"] === "ExportDefaultDeclaration") hasDefaultExport = true;
  });
  const isTest = /\.(test|contract|fixture)\.ts$|\/testing\//.test(path);
  return { path, isTest, imports: [...imports], hasDefaultExport };
}

/** Paths of all files below a folder, from `root`, with "/"; hidden folders and `node_modules` left out. */
export function listFiles(root: string, folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((path) => !/(^|\/)(node_modules|\.git)\//.test(path))
    .sort();
}

type SyntaxNode = Readonly<Record<string, unknown>>;

const IMPORTING: ReadonlySet<unknown> = new Set([
  "ImportDeclaration",
  "ExportAllDeclaration",
  "ExportNamedDeclaration",
  "ImportExpression",
  "TSImportType",
]);

function sourceOf(node: SyntaxNode): string | undefined {
  if (!IMPORTING.has(node["type"]) || !isSyntaxNode(node["source"])) return undefined;
  const { value } = node["source"];
  return typeof value === "string" ? value : undefined;
}

function visit(value: unknown, see: (node: SyntaxNode) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, see);
  } else if (isSyntaxNode(value)) {
    see(value);
    for (const child of Object.values(value)) visit(child, see);
  }
}

function isSyntaxNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null;
}
