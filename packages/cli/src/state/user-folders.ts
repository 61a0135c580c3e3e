import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

export interface UserFolders {
  /** For the credentials. */
  readonly config: string;
  /** For what makes transfers resumable. */
  readonly state: string;
  /** For what can be made again. */
  readonly cache: string;
}

/** The user's own folders (XDG Base Directory Specification): a relative path in a variable counts as none. */
export function userFolders(env: NodeJS.ProcessEnv, home: string = homedir()): UserFolders {
  const base = (name: string, fallback: string) => {
    const value = env[name];
    return value !== undefined && isAbsolute(value) ? value : join(home, fallback);
  };
  return {
    config: join(base("XDG_CONFIG_HOME", ".config"), "commonhold"),
    state: join(base("XDG_STATE_HOME", join(".local", "state")), "commonhold"),
    cache: join(base("XDG_CACHE_HOME", ".cache"), "commonhold"),
  };
}
