/** The directives of what is written when an exchange ends. */
import { custom } from '#src/schema/arguments.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import { directives, HTTP_SERVER_LOCATION } from '#src/schema/directive.ts';
import type { LineFormat } from './access-record.ts';
import type { Exchange } from './exchange.ts';
import {
  type LogFileCache,
  type LogGathering,
  parseAccessLog,
  parseLogFileCache,
  parseLogFormat,
} from './log-arguments.ts';
import type { SyslogTarget } from './syslog-argument.ts';

/** One file that lines are gathered for, however many locations write to it. */
export interface LogFileConfig extends Omit<LogGathering, 'isExplicit'> {
  /** Absolute. */
  readonly path: string;
}

/** Where the lines of an access log go. */
export type AccessLogOutput =
  | { readonly kind: 'file'; readonly file: LogFileConfig }
  /** `path` is absolute, one char per byte. */
  | {
      readonly kind: 'paths';
      readonly path: ComplexValue<Exchange>;
      readonly cache: LogFileCache | undefined;
    }
  | { readonly kind: 'syslog'; readonly target: SyslogTarget };

/** One access log of a location. */
export interface AccessLogConfig {
  readonly output: AccessLogOutput;
  readonly format: LineFormat<Exchange>;
  /** `if=`; undefined writes every line. */
  readonly condition: ComplexValue<Exchange> | undefined;
}

/** The access logs of a location; none when logging is off. */
export interface LogSettings {
  readonly accessLogs: readonly AccessLogConfig[];
}

/** `access_log`; the name of its format is looked up among the `log_format`s when all are read. */
export const accessLogDirectives = directives({
  accessLogs: {
    name: 'access_log',
    contexts: [...HTTP_SERVER_LOCATION, 'location-if'],
    argument: custom({
      usage:
        'off | path | syslog:server=address[,parameter…] [format] [buffer=size] [gzip[=level]] [flush=time] [if=condition]',
      minWords: 1,
      maxWords: 6,
      parse: parseAccessLog,
    }),
    repeat: true,
    doc: 'Where requests are logged and in which `log_format` (`combined` when none is named). May stand several times; `off` cancels those of the enclosing levels. Without any, nothing is logged. Lines are gathered up to `buffer` (64 KB) and written at the latest after `flush` (0.1 s; with `gzip` when the buffer is full). `if=`: not for requests for which it is empty or `0`. A path may have `$names`: a file for each value, which the threads, running as `user`, must be able to create. `syslog:` takes `server=`, `facility=` (`local7`), `severity=` (`info`), `tag=` (`weir`) and `nohostname`; it sends UDP, and what cannot be sent at once is lost and counted.',
  },
});

/** `open_log_file_cache`. */
export const logFileCacheDirectives = directives({
  cache: {
    name: 'open_log_file_cache',
    contexts: HTTP_SERVER_LOCATION,
    argument: custom({
      usage: 'off | max=number [inactive=time] [min_uses=number] [valid=time]',
      minWords: 1,
      maxWords: 4,
      default: ['off'],
      parse: parseLogFileCache,
    }),
    doc: 'How many files of an `access_log` with `$names` in its path stay open between their lines: those with at least `min_uses` (1) writes, without a line for at most `inactive` (10 s). After `valid` (60 s) the path is opened anew. Without it a file is opened for every write.',
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
