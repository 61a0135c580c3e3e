/** Up to this a file is sent in one request: of a thousand small ones most of the time goes into questions. */
export const ONE_REQUEST_BYTES_MAX = 256 * 1024;
