/** What a host needs of a logger; the error of a line is in its field `err`. */
export interface HostLogger {
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
