/** The words of client-side directives that are more than one number. */
import { MAX_FIELDS } from '#src/http/header-map.ts';
import {
  parseInteger,
  parseSizeWord,
  parseTimeWord,
  reportInvalid,
} from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import { reportNotBuilt } from '#src/schema/not-built.ts';
import { placeOfWord, type Word } from '#src/schema/tree.ts';

/** Bounds of a request head. */
export interface HeaderBuffers {
  readonly count: number;
  /** The longest line. */
  readonly bytes: number;
}

/** How long an idle client connection stays open. */
export interface KeepaliveTimeout {
  /** 0 closes the connection after every response. */
  readonly timeoutMs: number;
  /** What `Keep-Alive: timeout=` says, in whole seconds; 0 sends no such field. */
  readonly headerSec: number;
}

/** Reads `large_client_header_buffers number size`. */
export function parseHeaderBuffers(
  words: readonly Word[],
  context: ParseContext,
): HeaderBuffers | undefined {
  const [first, second] = words;
  if (first === undefined || second === undefined) return undefined;
  const count = parseInteger(first, context, { min: 1, max: 1_024 });
  const bytes = parseSizeWord(second, context, { min: '128', max: '16m' });
  return count === undefined || bytes === undefined ? undefined : { count, bytes };
}

/** Reads `keepalive_timeout timeout [header_timeout]`. */
export function parseKeepaliveTimeout(
  words: readonly Word[],
  context: ParseContext,
): KeepaliveTimeout | undefined {
  const [first, second] = words;
  if (first === undefined) return undefined;
  const timeoutMs = parseTimeWord(first, context);
  const headerMs = second === undefined ? 0 : parseTimeWord(second, context);
  if (timeoutMs === undefined || headerMs === undefined) return undefined;
  return { timeoutMs, headerSec: Math.floor(headerMs / 1_000) };
}

/** Reads an `on | off` of which only `only` is built. */
export function parseStrictOnly(
  words: readonly Word[],
  context: ParseContext,
  only: 'on' | 'off',
): boolean | undefined {
  const [word] = words;
  if (word === undefined) return undefined;
  if (word.text === only) return only === 'on';
  if (word.text !== 'on' && word.text !== 'off') {
    return reportInvalid(context, word, 'value', 'it must be "on" or "off"');
  }
  const what = `"${context.node.name} ${word.text}"`;
  return reportNotBuilt(what, word, context, `only "${only}" is`);
}

/** Reads `client_body_in_file_only on | clean | off`, of which only `off` is built. */
export function parseBodyInFileOnly(
  [word]: readonly Word[],
  context: ParseContext,
): 'off' | undefined {
  if (word === undefined) return undefined;
  if (word.text === 'off') return 'off';
  if (word.text === 'on' || word.text === 'clean') {
    const what = `"client_body_in_file_only ${word.text}"`;
    return reportNotBuilt(what, word, context, 'only "off" is');
  }
  return reportInvalid(context, word, 'value', 'it must be "on", "clean" or "off"');
}

/** `max_headers`: what is more than a head has room for is that many, with a warning. */
export function parseMaxHeaders(words: readonly Word[], context: ParseContext): number | undefined {
  const [word] = words;
  if (word === undefined) return undefined;
  const count = parseInteger(word, context, { min: 1 });
  if (count === undefined || count <= MAX_FIELDS) return count;
  const message = `"max_headers ${count}" counts as ${MAX_FIELDS}`;
  const advice = 'heads with more fields are refused in any case';
  context.problems.warn(placeOfWord(context.node, word), message, advice);
  return MAX_FIELDS;
}
