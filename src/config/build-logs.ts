/** `log_format` and `access_log`: names of formats become formats. */
import type { LineFormat } from '#src/exchange/access-record.ts';
import {
  accessLogDirectives,
  type LogSettings,
  logFormatDirectives,
} from '#src/exchange/directives.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import type { AccessLogArgument, LogFormatArgument } from '#src/exchange/log-arguments.ts';
import type { Place, Problems } from '#src/schema/problem.ts';
import { parseNode, type Scope } from '#src/schema/scope.ts';
import { didYouMean } from '#src/schema/suggestion.ts';
import { placeOfWord } from '#src/schema/tree.ts';
import type { VariableCompiler } from '#src/variables/compiler.ts';
import { firstAt } from './check.ts';

/** nginx's built-in format. */
const COMBINED =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"';

/** A format, or undefined for one whose text has problems: known by name, but of no use. */
type MaybeFormat = LineFormat<Exchange> | undefined;

/** The formats of a configuration by name. */
export type LogFormats = ReadonlyMap<string, MaybeFormat>;

/** Compiles `combined` and every `log_format` of `http`. */
export function buildLogFormats(
  http: Scope,
  variables: VariableCompiler,
  problems: Problems,
): LogFormats {
  const nowhere = { file: '', line: 0, column: 0 };
  const formats = new Map<string, MaybeFormat>();
  formats.set('combined', variables.compileLogFormat(COMBINED, 'default', nowhere, problems));
  const directive = logFormatDirectives.formats;
  const places = new Map<string, Place>();
  for (const node of http.occurrences(directive)) {
    const format = parseNode<LogFormatArgument>(directive, node, http, problems);
    if (format === undefined) continue;
    const name = format.name.text;
    if (formats.has(name)) {
      const first = places.get(name);
      const advice = first === undefined ? 'it is built in' : firstAt(first, node);
      problems.emerg(node, `duplicate "log_format" name "${name}"`, advice);
      continue;
    }
    places.set(name, node);
    const { text, escape, textWord } = format;
    const place = placeOfWord(node, textWord);
    formats.set(name, variables.compileLogFormat(text, escape, place, problems));
  }
  return formats;
}

/** The access logs that hold in a location. */
export function buildLog(
  scope: Scope,
  formats: LogFormats,
  problems: Problems,
): LogSettings<Exchange> {
  const directive = accessLogDirectives.accessLogs;
  const accessLogs = scope.occurrences(directive).flatMap((node) => {
    const log = parseNode<AccessLogArgument>(directive, node, scope, problems);
    if (log === undefined || log === 'off') return [];
    const name = log.format?.text ?? 'combined';
    const format = formats.get(name);
    if (format === undefined) {
      if (!formats.has(name)) {
        const place = placeOfWord(node, log.format);
        problems.emerg(place, `unknown log format "${name}"`, didYouMean(name, formats.keys()));
      }
      return [];
    }
    const { path, bufferBytes, flushMs } = log;
    return [{ path, format, bufferBytes, flushMs }];
  });
  const isOff = scope.occurrences(directive).some((node) => node.words[0]?.text === 'off');
  return { accessLogs: isOff ? [] : accessLogs };
}
