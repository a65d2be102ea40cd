/**
 * Data path. What an intermediary removes (RFC 9110 §7.6.1), and what the Connection field says
 * about the connection itself.
 */

import { Block } from '#src/bytes/byte-copy.ts';
import {
  F_CONNECTION,
  F_CONTENT_LENGTH,
  F_TRANSFER_ENCODING,
  fieldId,
  fieldIdOf,
  type KnownField,
} from './field-names.ts';
import { type HeaderMap, MARK_DROP } from './header-map.ts';

/** Never forwarded by name; Connection may name more. `Upgrade` has its own way (RFC 9110 §7.8). */
const HOP_BY_HOP: readonly Exclude<KnownField, ''>[] = [
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/**
 * Fields that a Connection list must not remove, nor any `x-forwarded-…`: whoever lists them wants a
 * rule behind us to miss them ("hop-by-hop header abuse", CVE-2024-45410), or the content to be
 * taken for another one (RFC 9110 §7.6.1: never those meant for all who get the content).
 */
const PROTECTED: readonly Exclude<KnownField, ''>[] = [
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'cache-control',
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'origin',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'forwarded',
  'via',
];

const isProtected = new Set(PROTECTED.map(fieldId));
const PROTECTED_PREFIX = 'x-forwarded-';

/** Ids a forwarded head must not carry over: the list above and the framing, which is our own. */
export const HOP_BY_HOP_IDS: readonly number[] = [
  ...HOP_BY_HOP.map(fieldId),
  F_CONTENT_LENGTH,
  F_TRANSFER_ENCODING,
];

/** What a Connection field said, as bits. */
export const CONNECTION_CLOSE = 1;
export const CONNECTION_KEEP_ALIVE = 2;
export const CONNECTION_UPGRADE = 4;

const KEEP_ALIVE = new Block('keep-alive');
const CLOSE = new Block('close');

/**
 * Reads every Connection field: marks the fields it names as not to be forwarded, and returns the
 * CONNECTION_ bits. No Connection field costs one look-up; `keep-alive` alone costs no string.
 */
export function readConnection(fields: HeaderMap): number {
  const count = fields.countOf(F_CONNECTION);
  if (count === 0) return 0;
  if (count === 1) {
    const index = fields.find(F_CONNECTION);
    if (fields.valueEquals(index, KEEP_ALIVE)) return CONNECTION_KEEP_ALIVE;
    if (fields.valueEquals(index, CLOSE)) return CONNECTION_CLOSE;
    return readTokens(fields, fields.valueAt(index));
  }
  let bits = 0;
  for (let index = 0; index < fields.count; index++) {
    if (fields.idAt(index) === F_CONNECTION) bits |= readTokens(fields, fields.valueAt(index));
  }
  return bits;
}

function readTokens(fields: HeaderMap, value: string): number {
  let bits = 0;
  for (const name of listedNames(value)) {
    if (name === 'close') bits |= CONNECTION_CLOSE;
    else if (name === 'keep-alive') bits |= CONNECTION_KEEP_ALIVE;
    else if (name === 'upgrade') bits |= CONNECTION_UPGRADE;
    else if (name !== '') dropNamed(fields, name);
  }
  return bits;
}

/**
 * The elements of a Connection list in lower case; '' for an empty one. Without space and tab alone:
 * `trim()` would also take U+00A0, and `close` be read where none is written.
 */
export function listedNames(value: string): string[] {
  return value.split(',').map((token) => token.replace(/^[ \t]+|[ \t]+$/g, '').toLowerCase());
}

function dropNamed(fields: HeaderMap, name: string): void {
  if (isProtected.has(fieldIdOf(name)) || name.startsWith(PROTECTED_PREFIX)) return;
  for (let index = 0; index < fields.count; index++) {
    if (fields.nameEquals(index, name)) fields.mark(index, MARK_DROP);
  }
}
