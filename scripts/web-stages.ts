/** What the bundler says of a script that it has made. */
export interface PlannedScript {
  readonly fileName: string;
  /** The module that it was made for, if any: it may do no more than to ask for the one that the module is in. */
  readonly facadeModuleId: string | null;
  /** Scripts that are asked for with it. */
  readonly imports: readonly string[];
  readonly moduleIds: readonly string[];
}

/** A part of the app that is asked for at one moment, with all that it needs. */
export interface Stage {
  readonly name: string;
  /** Modules, by the ends of their paths. */
  readonly entries: readonly string[];
}

const LIBRARY = /[\\/]node_modules[\\/]/;

/** The scripts that are asked for with these modules. */
export function scriptsOf<Script extends PlannedScript>(
  built: readonly Script[],
  entries: readonly string[],
): ReadonlySet<Script> {
  const first = entries.flatMap((entry) => {
    const isEntry = (id: string | null) => id?.replaceAll("\\", "/").endsWith(entry) === true;
    const found = built.filter((script) => isEntry(script.facadeModuleId) || script.moduleIds.some(isEntry));
    if (found.length === 0) throw new Error(`${entry} is in no script`);
    return found;
  });
  return withImports(built, first);
}

function withImports<Script extends PlannedScript>(
  built: readonly Script[],
  first: readonly Script[],
): ReadonlySet<Script> {
  const byName = new Map(built.map((script) => [script.fileName, script]));
  const found = new Set<Script>();
  const follow = (script: Script): void => {
    if (found.has(script)) return;
    found.add(script);
    for (const name of script.imports) {
      const next = byName.get(name);
      if (next !== undefined) follow(next);
    }
  };
  for (const script of first) follow(script);
  return found;
}

/**
 * The script for each module, in few scripts that are each asked for at one moment: a module goes to the first stage
 * that needs it. Libraries are apart, as they change with their versions alone and are kept by browsers until then.
 * @returns by module; what is in none of the stages is left to the bundler
 */
export function planScripts(built: readonly PlannedScript[], stages: readonly Stage[]): ReadonlyMap<string, string> {
  const plan = new Map<string, string>();
  for (const { name, entries } of stages) {
    for (const script of scriptsOf(built, entries)) {
      for (const id of script.moduleIds) {
        if (!plan.has(id)) plan.set(id, LIBRARY.test(id) ? `${name}-libraries` : name);
      }
    }
  }
  return plan;
}
