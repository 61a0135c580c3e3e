/** What one login gave. Without a refresh token the access token is used until it ends. */
export interface Credentials {
  readonly accessToken: string;
  readonly refreshToken?: string;
}

/** Where the credentials for one coordinator are kept: a file, a browser's storage, memory. */
export interface CredentialStore {
  read(): Promise<Credentials | undefined>;
  /** `undefined` forgets them. */
  write(credentials: Credentials | undefined): Promise<void>;
  /**
   * Runs `action` while no one else who shares the store is in here: a refresh token may be spent only once, the
   * second use ends the whole session.
   */
  exclusively<T>(action: () => Promise<T>): Promise<T>;
}

/** Credentials that live as long as the process or page. */
export function createMemoryCredentialStore(initial?: Credentials): CredentialStore {
  let credentials = initial;
  let last: Promise<unknown> = Promise.resolve();
  return {
    read: async () => credentials,
    write: async (next) => {
      credentials = next;
    },
    exclusively: (action) => {
      const run = last.then(action, action);
      last = run.catch(() => undefined);
      return run;
    },
  };
}
