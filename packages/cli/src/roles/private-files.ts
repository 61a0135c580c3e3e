const OTHERS_MASK = 0o077;

/**
 * From now on no file or folder that this process makes is open to other accounts of the machine, also where the
 * library that makes it (SQLite) asks for more. For roles: what a person fetches follows that person's own umask.
 */
export function keepFilesPrivate(): void {
  process.umask(process.umask() | OTHERS_MASK);
}
