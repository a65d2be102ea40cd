/** The words of `access_log` and `log_format`. */
import {
  compileWord,
  parseInteger,
  parseSizeWord,
  parseTimeWord,
  reportInvalid,
} from '#src/schema/arguments.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import { placeOfWord, type Word } from '#src/schema/tree.ts';
import type { Exchange } from './exchange.ts';
import { isSyslog, parseSyslog, type SyslogTarget } from './syslog-argument.ts';

/** One `access_log` line; `'off'` cancels the logs of the enclosing levels. */
export type AccessLogArgument =
  | 'off'
  | {
      readonly output: LogOutput;
      /** The word that names the `log_format`; undefined means `combined`. */
      readonly format: Word | undefined;
      /** `if=`: a line is written unless it is empty or `0`. */
      readonly condition: ComplexValue<Exchange> | undefined;
    };

/** Where the lines go. */
export type LogOutput =
  | { readonly kind: 'file'; readonly path: string; readonly gathering: LogGathering }
  /** Another file for each value. */
  | { readonly kind: 'paths'; readonly path: ComplexValue<Exchange> }
  | { readonly kind: 'syslog'; readonly target: SyslogTarget };

/** How lines of a file are gathered before they are written. */
export interface LogGathering {
  /** Whether the line says something about it: then all others of that path must agree. */
  readonly isExplicit: boolean;
  readonly bufferBytes: number;
  /** The longest time a line waits; 0 means until the buffer is full. */
  readonly flushMs: number;
  /** 1 to 9; 0 writes them as they are. */
  readonly gzipLevel: number;
}

/** How the characters of variables in a log line are made safe. */
export type LogEscape = 'default' | 'json' | 'none';

/** One `log_format`; its text is compiled when it is used. */
export interface LogFormatArgument {
  readonly name: Word;
  readonly escape: LogEscape;
  /** The strings joined, as nginx joins them. */
  readonly text: string;
  /** The first string: where a problem of the text is reported. */
  readonly textWord: Word;
}

/** nginx writes each line at once unless told otherwise; we gather those of a tenth of a second. */
const DEFAULT_BUFFER_BYTES = 65_536;
const DEFAULT_FLUSH_MS = 100;
/** zlib's fastest, as in nginx. */
const DEFAULT_GZIP_LEVEL = 1;
const MAX_GZIP_LEVEL = 9;

/** The parameters of an `access_log` as they are read. */
interface Draft {
  bufferBytes: number | undefined;
  flushMs: number | undefined;
  gzipLevel: number;
  condition: ComplexValue<Exchange> | undefined;
}

/** Reads an `access_log` line; undefined after reporting what is wrong with it. */
export function parseAccessLog(
  words: readonly Word[],
  context: ParseContext,
): AccessLogArgument | undefined {
  const [target, ...rest] = words;
  if (target === undefined) return undefined;
  if (target.text === 'off') {
    const extra = rest[0];
    return extra === undefined ? 'off' : reportInvalid(context, extra, 'parameter');
  }
  if (target.text === '') return reportInvalid(context, target, 'path');
  const format =
    rest[0]?.text.includes('=') === false && rest[0].text !== 'gzip' ? rest[0] : undefined;
  const draft: Draft = {
    bufferBytes: undefined,
    flushMs: undefined,
    gzipLevel: 0,
    condition: undefined,
  };
  for (const word of format === undefined ? rest : rest.slice(1)) {
    if (!readLogParameter(word, draft, context)) return undefined;
  }
  const output = outputOf(target, draft, context);
  return output && { output, format, condition: draft.condition };
}

function outputOf(target: Word, draft: Draft, context: ParseContext): LogOutput | undefined {
  const { bufferBytes, flushMs, gzipLevel } = draft;
  const isExplicit = bufferBytes !== undefined || flushMs !== undefined || gzipLevel > 0;
  const place = placeOfWord(context.node, target);
  if (isSyslog(target.text)) {
    if (isExplicit) {
      context.problems.emerg(place, 'logs to syslog cannot be buffered');
      return undefined;
    }
    const syslog = parseSyslog(target, context);
    return syslog && { kind: 'syslog', target: syslog };
  }
  const path = context.tools.resolvePath(target.text);
  if (target.text.includes('$')) {
    if (isExplicit) {
      context.problems.emerg(place, 'buffered logs cannot have variables in name');
      return undefined;
    }
    const value = compileWord<Exchange>({ ...target, text: path }, context);
    return value && { kind: 'paths', path: value };
  }
  const gathering = {
    isExplicit,
    bufferBytes: bufferBytes ?? DEFAULT_BUFFER_BYTES,
    // A few lines compress badly: they wait until there are many.
    flushMs: flushMs ?? (gzipLevel > 0 ? 0 : DEFAULT_FLUSH_MS),
    gzipLevel,
  };
  return { kind: 'file', path, gathering };
}

/** False after reporting a problem. */
function readLogParameter(word: Word, draft: Draft, context: ParseContext): boolean {
  const equals = word.text.indexOf('=');
  const name = equals < 0 ? word.text : word.text.slice(0, equals);
  const value = { ...word, text: word.text.slice(equals + 1) };
  switch (equals < 0 && name !== 'gzip' ? '' : name) {
    case 'buffer':
      draft.bufferBytes = parseSizeWord(value, context, { min: '1k', max: '64m' });
      return draft.bufferBytes !== undefined;
    case 'flush':
      draft.flushMs = parseTimeWord(value, context, { min: '1ms' });
      return draft.flushMs !== undefined;
    case 'gzip':
      draft.gzipLevel = equals < 0 ? DEFAULT_GZIP_LEVEL : Number(value.text);
      if (/^gzip(=[1-9])?$/.test(word.text) && draft.gzipLevel <= MAX_GZIP_LEVEL) return true;
      reportInvalid(context, value, 'compression level', 'it is a number from 1 to 9');
      return false;
    case 'if':
      draft.condition = compileWord<Exchange>(value, context);
      return draft.condition !== undefined;
  }
  reportInvalid(context, word, 'parameter', 'known are buffer=, flush=, gzip, gzip= and if=');
  return false;
}

/** What `open_log_file_cache` says: how files of paths with variables are kept open. */
export interface LogFileCache {
  readonly maxFiles: number;
  /** A file without lines for so long is closed. */
  readonly inactiveMs: number;
  /** A file with fewer lines in that time is closed, too. */
  readonly minUses: number;
  /** After so long it is looked whether the path still leads to it. */
  readonly validMs: number;
}

/** Reads `open_log_file_cache`; undefined after reporting what is wrong with it. */
export function parseLogFileCache(
  words: readonly Word[],
  context: ParseContext,
): LogFileCache | 'off' | undefined {
  const [first, second] = words;
  if (first?.text === 'off') {
    return second === undefined ? 'off' : reportInvalid(context, second, 'parameter');
  }
  const cache = { maxFiles: 0, inactiveMs: 10_000, minUses: 1, validMs: 60_000 };
  for (const word of words) {
    const [name = '', text = ''] = word.text.split('=', 2);
    const value = { ...word, text };
    let read: number | undefined;
    if (name === 'max') read = cache.maxFiles = parseInteger(value, context, { min: 1 }) ?? 0;
    else if (name === 'min_uses') {
      read = cache.minUses = parseInteger(value, context, { min: 1 }) ?? 0;
    } else if (name === 'inactive') {
      read = cache.inactiveMs = parseTimeWord(value, context, { min: '1ms' }) ?? 0;
    } else if (name === 'valid') {
      read = cache.validMs = parseTimeWord(value, context, { min: '1ms' }) ?? 0;
    } else {
      const known = 'known are max=, inactive=, min_uses= and valid=';
      return reportInvalid(context, word, 'parameter', known);
    }
    if (read === 0) return undefined;
  }
  if (cache.maxFiles > 0) return cache;
  const message = `"${context.node.name}" must have the "max" parameter`;
  context.problems.emerg(context.node, message);
  return undefined;
}

/** Reads a `log_format`; undefined after reporting what is wrong with it. */
export function parseLogFormat(
  words: readonly Word[],
  context: ParseContext,
): LogFormatArgument | undefined {
  const [name, first, ...rest] = words;
  if (name === undefined || first === undefined) return undefined;
  if (!first.text.startsWith('escape=')) {
    const text = words
      .slice(1)
      .map((word) => word.text)
      .join('');
    return { name, escape: 'default', text, textWord: first };
  }
  const escape = first.text.slice('escape='.length);
  if (escape !== 'default' && escape !== 'json' && escape !== 'none') {
    return reportInvalid(context, first, 'parameter', 'escape is default, json or none');
  }
  const text = rest.map((word) => word.text).join('');
  return { name, escape, text, textWord: rest[0] ?? first };
}
