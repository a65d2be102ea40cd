/** How long and how many, with reasons. Defaults; configuration may set others. */

/** Longest request line: nginx's large_client_header_buffers is 8k; longer is 414. */
export const MAX_REQUEST_LINE_BYTES = 8 * 1024;
/** Longest head: 4 × 8k in nginx; longer is 431 (from an endpoint: 502). */
export const MAX_HEAD_BYTES = 32 * 1024;
/** Empty lines in front of a request: RFC 9112 §2.2 asks for at least one to be ignored. */
export const MAX_LEADING_LINES = 2;
/** The longest hexadecimal number that a double always holds exactly: 13 digits, 52 bits. */
export const MAX_CHUNK_DIGITS = 13;
/** One chunk extension, and all of a body together (semantics.md §11): they are dropped. */
export const MAX_EXTENSION_BYTES = 4 * 1024;
export const MAX_EXTENSIONS_BYTES = 16 * 1024;
/** A whole trailer section; the same bound as a head's smaller half. */
export const MAX_TRAILER_BYTES = 16 * 1024;
