/** The words of `error_log`. */
import { LOG_LEVELS, type LogLevel } from '#src/base/log.ts';
import { parseSize } from '#src/base/units.ts';
import { reportInvalid } from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import { didYouMean } from '#src/schema/suggestion.ts';
import { placeOfWord, type Word } from '#src/schema/tree.ts';
import { isSyslog, parseSyslog, type SyslogTarget } from './syslog-argument.ts';

/** Memory of each process and thread for the last lines. */
export interface MemoryTarget {
  readonly memoryBytes: number;
}

export type ErrorLogTarget = string | SyslogTarget | MemoryTarget;

/** One `error_log`. Plain data: it goes to processes and threads. */
export interface ErrorLogConfig {
  /** An absolute path, `'stderr'`, a server, or memory. */
  readonly target: ErrorLogTarget;
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

function parseTarget(word: Word, context: ParseContext): ErrorLogTarget | undefined {
  const { text } = word;
  if (isSyslog(text)) return parseSyslog(word, context);
  if (text.startsWith(MEMORY)) return parseMemory(word, context);
  if (text === '') return reportInvalid(context, word, 'path');
  if (text === 'off') {
    const advice = 'to see only the worst, write "error_log stderr emerg"';
    const place = placeOfWord(context.node, word);
    context.problems.warn(place, '"error_log off" writes to a file named "off"', advice);
  }
  return text === 'stderr' ? text : context.tools.resolvePath(text);
}

const MEMORY = 'memory:';
const MIN_BYTES = 4096;
const MAX_BYTES = 1024 * 1024 * 1024;

function parseMemory(word: Word, context: ParseContext): MemoryTarget | undefined {
  const memoryBytes = parseSize(word.text.slice(MEMORY.length));
  if (memoryBytes !== undefined && memoryBytes >= MIN_BYTES && memoryBytes <= MAX_BYTES) {
    return { memoryBytes };
  }
  const advice = 'write memory:SIZE, such as memory:1m: 4k at least, 1g at most';
  return reportInvalid(context, word, 'buffer size', advice);
}

function findLevel(word: Word | undefined, context: ParseContext): LogLevel | undefined {
  if (word === undefined) return 'error';
  const found = LOG_LEVELS.find((level) => level === word.text);
  if (found !== undefined) return found;
  const advice = didYouMean(word.text, LOG_LEVELS) ?? `it must be one of ${LOG_LEVELS.join(', ')}`;
  return reportInvalid(context, word, 'log level', advice);
}
