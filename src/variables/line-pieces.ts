/**
 * Which variables a log line writes without making a string of them. Each has a kind, a small number
 * for the one `switch` of log-line.ts: a function per variable could not be inlined there. All
 * others are read as strings.
 */

import { Block } from '#src/bytes/byte-copy.ts';
import { F_CONTENT_LENGTH, F_CONTENT_TYPE, fieldId, fieldIdOf } from '#src/http/field-names.ts';
import { readRemoteAddress } from './connection-variables.ts';
import type { Part, VariablePart } from './text-with-variables.ts';
import type { VariableReader } from './variable.ts';

export const K_NOTHING = 0; //  the line ends with a constant
export const K_READ = 1; //     whatever its reader says
export const K_FIELD = 2; //    a known field of the request: the bytes of its value
export const K_SENT_FIELD = 3;
export const K_UPSTREAM_FIELD = 4;
export const K_REMOTE_ADDR = 5;
export const K_REMOTE_USER = 6;
export const K_TIME_LOCAL = 7;
export const K_TIME_ISO8601 = 8;
export const K_REQUEST = 9;
export const K_REQUEST_URI = 10;
export const K_URI = 11;
export const K_STATUS = 12;
export const K_BODY_BYTES_SENT = 13;
export const K_BYTES_SENT = 14;
export const K_REQUEST_LENGTH = 15;
export const K_CONNECTION = 16;
export const K_CONNECTION_REQUESTS = 17;
export const K_REQUEST_TIME = 18;
export const K_MSEC = 19;
export const K_UPSTREAM_CONNECT_TIME = 20;
export const K_UPSTREAM_HEADER_TIME = 21;
export const K_UPSTREAM_RESPONSE_TIME = 22;

const KINDS: Readonly<Record<string, number>> = {
  remote_addr: K_REMOTE_ADDR,
  remote_user: K_REMOTE_USER,
  time_local: K_TIME_LOCAL,
  time_iso8601: K_TIME_ISO8601,
  request: K_REQUEST,
  request_uri: K_REQUEST_URI,
  uri: K_URI,
  document_uri: K_URI,
  status: K_STATUS,
  body_bytes_sent: K_BODY_BYTES_SENT,
  bytes_sent: K_BYTES_SENT,
  request_length: K_REQUEST_LENGTH,
  connection: K_CONNECTION,
  connection_requests: K_CONNECTION_REQUESTS,
  request_time: K_REQUEST_TIME,
  msec: K_MSEC,
  upstream_connect_time: K_UPSTREAM_CONNECT_TIME,
  upstream_header_time: K_UPSTREAM_HEADER_TIME,
  upstream_response_time: K_UPSTREAM_RESPONSE_TIME,
  content_type: K_FIELD,
  content_length: K_FIELD,
};

/** The field that a variable of that name reads; others read none, or are named by a prefix. */
const FIELDS: Readonly<Record<string, number>> = {
  remote_user: fieldId('authorization'),
  content_type: F_CONTENT_TYPE,
  content_length: F_CONTENT_LENGTH,
};

const FIELD_PREFIXES: readonly (readonly [prefix: string, kind: number])[] = [
  ['http_', K_FIELD],
  ['sent_http_', K_SENT_FIELD],
  ['upstream_http_', K_UPSTREAM_FIELD],
];

/** A constant and the variable behind it. */
export class LinePiece {
  readonly kind: number;
  /** The id of the field, for kinds of fields; else 0. */
  readonly field: number;
  readonly constant: Block;
  readonly read: VariableReader;

  constructor(constant: string, kind: number, field: number, read: VariableReader) {
    this.kind = kind;
    this.field = field;
    this.constant = new Block(constant);
    this.read = read;
  }
}

/** The pieces of a text that was cut at its variables. */
export function piecesOf(parts: readonly Part[]): readonly LinePiece[] {
  const pieces: LinePiece[] = [];
  let constant = '';
  for (const part of parts) {
    if (typeof part === 'string') {
      constant += part;
      continue;
    }
    const { field, kind } = kindOf(part);
    pieces.push(new LinePiece(constant, kind, field, part.read));
    constant = '';
  }
  if (constant !== '') pieces.push(new LinePiece(constant, K_NOTHING, 0, () => undefined));
  return pieces;
}

function kindOf({ name, read }: VariablePart): { readonly kind: number; readonly field: number } {
  // It is not the connection's where `real_ip` may change it.
  if (name === 'remote_addr' && read !== readRemoteAddress) return { kind: K_READ, field: 0 };
  if (Object.hasOwn(KINDS, name)) return { kind: KINDS[name] ?? K_READ, field: FIELDS[name] ?? 0 };
  for (const [prefix, kind] of FIELD_PREFIXES) {
    if (!name.startsWith(prefix)) continue;
    const field = fieldIdOf(name.slice(prefix.length).replaceAll('_', '-'));
    if (field !== 0) return { kind, field };
  }
  return { kind: K_READ, field: 0 };
}
