/** An entry of package-lock.json, as far as this needs it. */
export interface LockEntry {
  readonly version?: string;
  readonly optional?: boolean;
  readonly dev?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
export type LockPackages = Readonly<Record<string, LockEntry>>;

const SYSTEMS = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const PROCESSORS = ["arm", "arm64", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "x64"];

/**
 * The optional packages of other systems that packages of the lock file name but the lock file lacks, by their place
 * in it. npm leaves out those that its registry did not offer when the lock file was made; `npm ci` then refuses it.
 */
export function missingPlatformPackages(packages: LockPackages): LockPackages {
  const missing: Record<string, LockEntry> = {};
  for (const [place, entry] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (isLocked(packages, place, name)) continue;
      const dev = entry.dev === true ? { dev: true } : {};
      missing[`node_modules/${name}`] = { version, ...dev, optional: true, ...platformOf(name) };
    }
  }
  return missing;
}

/** Node's way of looking for a package: in the node_modules of the folder, then of each folder above. */
function isLocked(packages: LockPackages, place: string, name: string): boolean {
  for (let folder = place; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))) {
    if (Object.hasOwn(packages, folder === "" ? `node_modules/${name}` : `${folder}/node_modules/${name}`)) return true;
    if (folder === "") return false;
    if (!folder.includes("/node_modules/")) folder = "";
  }
}

/** "@x/binding-linux-arm64-musl" → `{ os: ["linux"], cpu: ["arm64"], libc: ["musl"] }` */
export function platformOf(name: string): Pick<LockEntry, "os" | "cpu" | "libc"> {
  const words = name.slice(name.lastIndexOf("/") + 1).split("-");
  const os = words.find((word) => SYSTEMS.includes(word));
  const cpu = words.find((word) => PROCESSORS.includes(word));
  if (os === undefined || cpu === undefined) throw new Error(`"${name}" does not name its system and processor`);
  const musl = words.some((word) => word.startsWith("musl"));
  const gnu = words.some((word) => word.startsWith("gnu"));
  const libc = musl ? "musl" : gnu ? "glibc" : undefined;
  return { os: [os], cpu: [cpu], ...(os === "linux" && libc !== undefined && { libc: [libc] }) };
}
