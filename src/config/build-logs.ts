/** `log_format` and `access_log`: names of formats become formats. */
import { isDeepStrictEqual } from 'node:util';
import type { LineFormat } from '#src/exchange/access-record.ts';
import {
  type AccessLogOutput,
  accessLogDirectives,
  type LogFileConfig,
  type LogSettings,
  logFileCacheDirectives,
  logFormatDirectives,
} from '#src/exchange/directives.ts';
import type { ErrorLogConfig } from '#src/exchange/error-log-argument.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import type {
  AccessLogArgument,
  LogFileCache,
  LogFormatArgument,
  LogGathering,
  LogOutput,
} from '#src/exchange/log-arguments.ts';
import type { Place, Problems } from '#src/schema/problem.ts';
import { compileSettings, parseNode, type Scope } from '#src/schema/scope.ts';
import { didYouMean } from '#src/schema/suggestion.ts';
import { type ConfigNode, placeOfWord } from '#src/schema/tree.ts';
import type { VariableCompiler } from '#src/variables/compiler.ts';
import { firstAt } from './check.ts';
import { errorLogDirectives } from './main-directives.ts';

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

/** What access logs share: their formats, and the files of one path. */
export class LogTable {
  readonly formats: LogFormats;
  /** By the lines they come from: thousands of locations share those of their server. */
  readonly known = new Map<readonly ConfigNode[], KnownLogs>();
  readonly #files = new Map<string, { place: Place; isExplicit: boolean; file: LogFileConfig }>();

  /** `files`: those of another table of the same configuration, with all that is said about them. */
  constructor(formats: LogFormats, files: readonly LogFileConfig[] = []) {
    this.formats = formats;
    const place = { file: '', line: 0, column: 0 };
    for (const file of files) this.#files.set(file.path, { place, isExplicit: true, file });
  }

  /** Of equal paths whoever says something about buffers is heard, and all who do must agree. */
  fileOf(path: string, gathering: LogGathering, place: Place, problems: Problems): LogFileConfig {
    const known = this.#files.get(path);
    const { isExplicit, ...values } = gathering;
    if (known === undefined) {
      const file = { path, ...values };
      this.#files.set(path, { place, isExplicit, file });
      return file;
    }
    if (!isExplicit) return known.file;
    if (!known.isExplicit) {
      Object.assign(known.file, values);
      known.isExplicit = true;
      known.place = place;
    } else if (!isDeepStrictEqual(known.file, { path, ...values })) {
      const message = `access_log "${path}" already defined with conflicting parameters`;
      problems.emerg(place, message, firstAt(known.place, place));
    }
    return known.file;
  }
}

/** The logs of some lines, and the settings that they were made with. */
interface KnownLogs {
  readonly cache: LogFileCache | 'off';
  readonly settings: LogSettings;
}

/** The access logs that hold in a location. */
export function buildLog(scope: Scope, table: LogTable, problems: Problems): LogSettings {
  const nodes = scope.occurrences(accessLogDirectives.accessLogs);
  if (nodes.length === 0) return NO_LOGS;
  const { cache } = compileSettings(logFileCacheDirectives, scope, problems);
  const known = table.known.get(nodes);
  if (known?.cache === cache) return known.settings;
  const settings = compileLogs(nodes, cache, scope, table, problems);
  table.known.set(nodes, { cache, settings });
  return settings;
}

const NO_LOGS: LogSettings = { accessLogs: [] };

function compileLogs(
  nodes: readonly ConfigNode[],
  cache: LogFileCache | 'off',
  scope: Scope,
  table: LogTable,
  problems: Problems,
): LogSettings {
  const { formats } = table;
  const directive = accessLogDirectives.accessLogs;
  const accessLogs = nodes.flatMap((node) => {
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
    const output = outputOf(log.output, cache, table, node, problems);
    return [{ output, format, condition: log.condition }];
  });
  const isOff = nodes.some((node) => node.words[0]?.text === 'off');
  return { accessLogs: isOff ? [] : accessLogs };
}

function outputOf(
  output: LogOutput,
  cache: LogFileCache | 'off',
  table: LogTable,
  node: ConfigNode,
  problems: Problems,
): AccessLogOutput {
  switch (output.kind) {
    case 'file':
      return { kind: 'file', file: table.fileOf(output.path, output.gathering, node, problems) };
    case 'paths':
      return { ...output, cache: cache === 'off' ? undefined : cache };
    case 'syslog':
      return output;
  }
}

/** The error logs of a location; undefined where those of the top level hold. */
export function buildErrorLogs(
  scope: Scope,
  problems: Problems,
): readonly ErrorLogConfig[] | undefined {
  const directive = errorLogDirectives.errorLogs;
  const nodes = scope.occurrences(directive);
  if (nodes.length === 0 || nodes === scope.top.own(directive.name)) return undefined;
  return compileSettings(errorLogDirectives, scope, problems).errorLogs;
}
