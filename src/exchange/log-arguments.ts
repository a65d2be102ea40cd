/** The words of `access_log` and `log_format`. */
import { parseSizeWord, parseTimeWord, reportInvalid } from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import { reportNotBuilt } from '#src/schema/not-built.ts';
import type { Word } from '#src/schema/tree.ts';

/** One `access_log` line; `'off'` cancels the logs of the enclosing levels. */
export type AccessLogArgument =
  | 'off'
  | {
      /** Absolute. */
      readonly path: string;
      /** The word that names the `log_format`; undefined means `combined`. */
      readonly format: Word | undefined;
      readonly bufferBytes: number;
      readonly flushMs: number;
    };

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
  if (target.text.startsWith('syslog:'))
    return reportNotBuilt('"access_log syslog:"', target, context);
  if (target.text.includes('$'))
    return reportNotBuilt('"access_log" with variables in its path', target, context);
  if (target.text === '') return reportInvalid(context, target, 'path');
  const path = context.tools.resolvePath(target.text);
  const format = rest[0]?.text.includes('=') === false ? rest[0] : undefined;
  const draft = { path, format, bufferBytes: DEFAULT_BUFFER_BYTES, flushMs: DEFAULT_FLUSH_MS };
  for (const word of format === undefined ? rest : rest.slice(1)) {
    if (!readLogParameter(word, draft, context)) return undefined;
  }
  return draft;
}

/** False after reporting a problem. */
function readLogParameter(
  word: Word,
  draft: { bufferBytes: number; flushMs: number },
  context: ParseContext,
): boolean {
  const equals = word.text.indexOf('=');
  const name = equals < 0 ? word.text : word.text.slice(0, equals);
  const value = { ...word, text: word.text.slice(equals + 1) };
  if (name === 'buffer' && equals > 0) {
    draft.bufferBytes = parseSizeWord(value, context, { min: '1k', max: '64m' }) ?? 0;
    return draft.bufferBytes > 0;
  }
  if (name === 'flush' && equals > 0) {
    draft.flushMs = parseTimeWord(value, context, { min: '1ms' }) ?? 0;
    return draft.flushMs > 0;
  }
  if (name === 'gzip' || name === 'if') {
    reportNotBuilt(`parameter "${name}" of "access_log"`, word, context);
  } else {
    reportInvalid(context, word, 'parameter', 'known are buffer= and flush=');
  }
  return false;
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
