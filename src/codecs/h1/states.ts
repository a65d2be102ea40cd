/** Every state of the HTTP/1.1 decoders, with its meaning. The list, read alone, is the grammar. */

// The head of a message.
export const S_START = 0; //         before the first byte; empty lines are skipped
export const S_START_LF = 1; //      CR of an empty line seen
export const S_METHOD = 2; //        request: reading the method token
export const S_TARGET = 3; //        request: reading the request-target
export const S_VERSION = 4; //       request: reading "HTTP/1.x" to the CR
export const S_STATUS_LINE = 5; //   response: reading the whole status line to the CR
export const S_LINE_LF = 6; //       CR of the start line seen
export const S_FIELD_START = 7; //   first byte of a field line, or of the empty line
export const S_FIELD_NAME = 8; //    reading a field name to the colon
export const S_FIELD_SPACE = 9; //   optional whitespace in front of the value
export const S_FIELD_VALUE = 10; //  reading the value to the CR
export const S_FIELD_LF = 11; //     CR of a field line seen
export const S_END_LF = 12; //       CR of the empty line seen
export const S_HEAD_DONE = 13; //    head complete
export const S_FAILED = 14; //       terminal; the reason is in `failure`

// The body.
export const B_NONE = 0; //          nothing left to read
export const B_LENGTH = 1; //        `remaining` bytes are to come
export const B_UNTIL_CLOSE = 2; //   response: everything until the connection ends
export const B_CHUNK_FIRST = 3; //   first digit of a chunk size
export const B_CHUNK_SIZE = 4; //    further digits
export const B_CHUNK_EXT = 5; //     extension, dropped
export const B_CHUNK_SIZE_LF = 6; // CR of the size line seen
export const B_CHUNK_DATA = 7; //    `remaining` bytes of this chunk are to come
export const B_CHUNK_CR = 8; //      data complete, its CR is to come
export const B_CHUNK_LF = 9; //      and its LF
export const B_TRAILER_START = 10; // first byte of a trailer line, or of the empty line
export const B_TRAILER_NAME = 11; // reading a trailer name to the colon
export const B_TRAILER_VALUE = 12; // reading a trailer value to the CR
export const B_TRAILER_LF = 13; //   CR of a trailer line seen
export const B_LAST_LF = 14; //      CR of the empty line seen
export const B_DONE = 15; //         body complete
export const B_FAILED = 16; //       terminal

export const HEAD_STATE_NAMES = [
  'START',
  'START_LF',
  'METHOD',
  'TARGET',
  'VERSION',
  'STATUS_LINE',
  'LINE_LF',
  'FIELD_START',
  'FIELD_NAME',
  'FIELD_SPACE',
  'FIELD_VALUE',
  'FIELD_LF',
  'END_LF',
  'HEAD_DONE',
  'FAILED',
] as const;

export const BODY_STATE_NAMES = [
  'NONE',
  'LENGTH',
  'UNTIL_CLOSE',
  'CHUNK_FIRST',
  'CHUNK_SIZE',
  'CHUNK_EXT',
  'CHUNK_SIZE_LF',
  'CHUNK_DATA',
  'CHUNK_CR',
  'CHUNK_LF',
  'TRAILER_START',
  'TRAILER_NAME',
  'TRAILER_VALUE',
  'TRAILER_LF',
  'LAST_LF',
  'DONE',
  'FAILED',
] as const;
