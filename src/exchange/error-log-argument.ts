/** The words of `error_log`. */
import { LOG_LEVELS, type LogLevel } from '#src/base/log.ts';
import { reportInvalid } from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import { reportNotBuilt } from '#src/schema/not-built.ts';
import { didYouMean } from '#src/schema/suggestion.ts';
import { placeOfWord, type Word } from '#src/schema/tree.ts';
import { isSyslog, parseSyslog, type SyslogTarget } from './syslog-argument.ts';

/** One `error_log`. Plain data: it goes to processes and threads. */
export interface ErrorLogConfig {
  /** An absolute path, `'stderr'`, or a server. */
  readonly target: string | SyslogTarget;
  readonly level: LogLevel;
}

/** Reads an `error_log` line; undefined after reporting what is wrong with it. */
export function parseErrorLog(
  [word, levelWord]: readonly Word[],
  context: ParseContext,
): ErrorLogConfig | undefined {
  if (word === undefined) return undefined;
  const level = findLevel(levelWord, context);
  const target = parseTarget(word, context);
  return level === undefined || target === undefined ? undefined : { target, level };
}

function parseTarget(word: Word, context: ParseContext): string | SyslogTarget | undefined {
  const { text } = word;
  if (isSyslog(text)) return parseSyslog(word, context);
  if (text.startsWith('memory:')) return reportNotBuilt('"error_log memory:"', word, context);
  if (text === '') return reportInvalid(context, word, 'path');
  if (text === 'off') {
    const advice = 'to see only the worst, write "error_log stderr emerg"';
    const place = placeOfWord(context.node, word);
    context.problems.warn(place, '"error_log off" writes to a file named "off"', advice);
  }
  return text === 'stderr' ? text : context.tools.resolvePath(text);
}

function findLevel(word: Word | undefined, context: ParseContext): LogLevel | undefined {
  if (word === undefined) return 'error';
  const found = LOG_LEVELS.find((level) => level === word.text);
  if (found !== undefined) return found;
  const advice = didYouMean(word.text, LOG_LEVELS) ?? `it must be one of ${LOG_LEVELS.join(', ')}`;
  return reportInvalid(context, word, 'log level', advice);
}
