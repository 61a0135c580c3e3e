/**
 * Every error that a person or a program can meet: its HTTP status and its exit code in the command line.
 *
 * Codes are stable: a client may branch on them. Exit codes follow sysexits.h where it has one
 * (64 usage, 69 unavailable, 73 cannot create, 74 I/O, 75 try again, 77 no permission, 78 configuration).
 */
export const ERROR_CODES = {
  INVALID_REQUEST: { status: 400, exitCode: 64 },
  INVALID_CURSOR: { status: 400, exitCode: 64 },
  INVALID_CONFIG: { status: 500, exitCode: 78 },
  UNAUTHENTICATED: { status: 401, exitCode: 77 },
  INVALID_CREDENTIALS: { status: 401, exitCode: 77 },
  TOKEN_EXPIRED: { status: 401, exitCode: 77 },
  INSUFFICIENT_CREDITS: { status: 402, exitCode: 70 },
  PAYMENT_REFUSED: { status: 402, exitCode: 70 },
  FORBIDDEN: { status: 403, exitCode: 77 },
  NOT_A_MEMBER: { status: 403, exitCode: 77 },
  INVALID_JOIN_TOKEN: { status: 403, exitCode: 77 },
  INVALID_GRANT: { status: 403, exitCode: 77 },
  NOT_FOUND: { status: 404, exitCode: 66 },
  FILE_NOT_FOUND: { status: 404, exitCode: 66 },
  UPLOAD_NOT_FOUND: { status: 404, exitCode: 66 },
  NODE_NOT_FOUND: { status: 404, exitCode: 66 },
  CHUNK_NOT_FOUND: { status: 404, exitCode: 66 },
  METHOD_NOT_ALLOWED: { status: 405, exitCode: 64 },
  REQUEST_TIMEOUT: { status: 408, exitCode: 75 },
  EMAIL_TAKEN: { status: 409, exitCode: 73 },
  NODE_NAME_TAKEN: { status: 409, exitCode: 73 },
  NODE_STILL_NEEDED: { status: 409, exitCode: 73 },
  CHUNK_CONFLICT: { status: 409, exitCode: 65 },
  CHUNKS_MISSING: { status: 409, exitCode: 65 },
  UPLOAD_ENDED: { status: 409, exitCode: 65 },
  CONCURRENT_CHANGE: { status: 409, exitCode: 75 },
  ALREADY_RUNNING: { status: 409, exitCode: 73 },
  ALREADY_INITIALISED: { status: 409, exitCode: 73 },
  FILE_EXISTS: { status: 409, exitCode: 73 },
  PORT_IN_USE: { status: 500, exitCode: 73 },
  UPLOAD_EXPIRED: { status: 410, exitCode: 65 },
  BODY_TOO_LARGE: { status: 413, exitCode: 65 },
  RANGE_NOT_SATISFIABLE: { status: 416, exitCode: 65 },
  INVALID_CHUNK_INDEX: { status: 422, exitCode: 65 },
  WRONG_CHUNK_LENGTH: { status: 422, exitCode: 65 },
  CHECKSUM_MISMATCH: { status: 422, exitCode: 65 },
  CHUNK_CORRUPT: { status: 422, exitCode: 65 },
  TOO_MANY_REQUESTS: { status: 429, exitCode: 75 },
  HEADERS_TOO_LARGE: { status: 431, exitCode: 64 },
  CLIENT_CLOSED: { status: 499, exitCode: 75 },
  INTERNAL: { status: 500, exitCode: 70 },
  PROTOCOL_ERROR: { status: 502, exitCode: 76 },
  COORDINATOR_UNREACHABLE: { status: 502, exitCode: 69 },
  NODE_UNREACHABLE: { status: 502, exitCode: 69 },
  CHUNK_UNAVAILABLE: { status: 503, exitCode: 69 },
  NOT_ENOUGH_NODES: { status: 503, exitCode: 69 },
  PAYMENT_UNAVAILABLE: { status: 503, exitCode: 75 },
  OVERLOADED: { status: 503, exitCode: 75 },
  SHUTTING_DOWN: { status: 503, exitCode: 75 },
  NODE_DRAINING: { status: 503, exitCode: 75 },
  TIMEOUT: { status: 504, exitCode: 75 },
  NO_SPACE: { status: 507, exitCode: 74 },
  STORAGE_FAILURE: { status: 500, exitCode: 74 },
  KEY_MISMATCH: { status: 500, exitCode: 65 },
} as const satisfies Record<string, { readonly status: number; readonly exitCode: number }>;

export type ErrorCode = keyof typeof ERROR_CODES;

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(ERROR_CODES, value);
}
