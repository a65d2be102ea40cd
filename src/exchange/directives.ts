/** The directives of what is written when an exchange ends. */
import { custom } from '#src/schema/arguments.ts';
import { directives, HTTP_SERVER_LOCATION } from '#src/schema/directive.ts';
import type { LineFormat } from './access-record.ts';
import { parseAccessLog, parseLogFormat } from './log-arguments.ts';

/** One access log of a location. `S` is what its variables are taken from: an exchange. */
export interface AccessLogConfig<S> {
  /** Absolute. */
  readonly path: string;
  readonly format: LineFormat<S>;
  /** Lines are gathered up to this size before they are written. */
  readonly bufferBytes: number;
  /** Lines are written at the latest after this time. */
  readonly flushMs: number;
}

/** The access logs of a location; none when logging is off. */
export interface LogSettings<S> {
  readonly accessLogs: readonly AccessLogConfig<S>[];
}

/** `access_log`; the name of its format is looked up among the `log_format`s when all are read. */
export const accessLogDirectives = directives({
  accessLogs: {
    name: 'access_log',
    contexts: [...HTTP_SERVER_LOCATION, 'location-if'],
    argument: custom({
      usage: 'off | path [format] [buffer=size] [flush=time]',
      minWords: 1,
      maxWords: 6,
      parse: parseAccessLog,
    }),
    repeat: true,
    doc: 'Where requests are logged and in which `log_format` (`combined` when none is named). May stand several times; `off` cancels those of the enclosing levels. Without any, nothing is logged.',
  },
});

/** `log_format`, gathered over the whole `http` block. */
export const logFormatDirectives = directives({
  formats: {
    name: 'log_format',
    contexts: ['http'],
    argument: custom({
      usage: 'name [escape=default | json | none] string …',
      minWords: 2,
      maxWords: 1_000,
      parse: parseLogFormat,
    }),
    repeat: true,
    doc: 'A named line of the access log, with `$names`. `escape` says how the characters of values are made safe: `default` writes `\\xXX`, `json` follows JSON strings, `none` writes them as they are. Use `none` only for values that cannot hold line breaks.',
  },
});
