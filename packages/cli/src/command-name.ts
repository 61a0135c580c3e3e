import { accessSync, constants } from "node:fs";
import { delimiter, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const LOCAL_BIN = join("node_modules", ".bin");

/** How this program is called from the user's own shell: by its name where that is installed, else by its path. */
export function commandName(env: NodeJS.ProcessEnv, cwd: string = process.cwd()): string {
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  // npm puts its own folders in front for its scripts: the user's shell does not have those.
  if (folders.some((folder) => !folder.includes(`${sep}${LOCAL_BIN}`) && isExecutable(join(folder, "commonhold")))) {
    return "commonhold";
  }
  if (isExecutable(join(cwd, "node_modules", "commonhold"))) return "npx commonhold";
  const path = fileURLToPath(new URL("../bin/commonhold.mjs", import.meta.url));
  const fromHere = relative(cwd, path);
  return `node ${fromHere.startsWith("..") ? path : fromHere}`;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
