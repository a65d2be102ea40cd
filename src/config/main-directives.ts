/** The directives of the processes: `main` and `events`. */
import { parseErrorLog } from '#src/exchange/error-log-argument.ts';
import {
  custom,
  flag,
  integer,
  nothing,
  oneOf,
  parseInteger,
  path,
  reportInvalid,
  time,
} from '#src/schema/arguments.ts';
import { directives, HTTP_SERVER_LOCATION, type ParseContext } from '#src/schema/directive.ts';
import type { Word } from '#src/schema/tree.ts';
import { parseApiListen } from './api-listen-argument.ts';
import { parseEventWebhook } from './event-webhook-argument.ts';

const MAIN = ['main'] as const;
const EVENTS = ['events'] as const;

/** Process-wide settings. */
export const mainDirectives = directives({
  user: {
    name: 'user',
    contexts: MAIN,
    argument: custom({ usage: 'user [group]', minWords: 1, maxWords: 2, parse: parseUser }),
    doc: 'Whom the generation and its threads run as when the master is root. Without a group, the one named like the user, else its own.',
  },
  workerProcesses: {
    name: 'worker_processes',
    contexts: MAIN,
    argument: custom({
      usage: 'number | auto',
      minWords: 1,
      maxWords: 1,
      default: ['1'],
      parse: parseWorkerProcesses,
    }),
    doc: 'Proxy threads. `auto` is one per CPU that this process may use, by affinity and cgroup.',
  },
  workerRlimitNofile: {
    name: 'worker_rlimit_nofile',
    contexts: MAIN,
    argument: integer({ min: 1 }),
    doc: 'The limit on open files of the generation.',
  },
  workerShutdownTimeoutMs: {
    name: 'worker_shutdown_timeout',
    contexts: MAIN,
    argument: time({ default: '0' }),
    doc: 'How long a draining generation may take to finish; then its connections are closed. 0, the default, sets no limit.',
  },
  workerPriority: {
    name: 'worker_priority',
    contexts: MAIN,
    argument: custom({
      usage: 'number',
      minWords: 1,
      maxWords: 1,
      default: ['0'],
      parse: parsePriority,
    }),
    doc: 'The priority of the generation and its threads as of nice(1), from -20, which comes first, to 19. Only root may go below 0.',
  },
  pidFile: {
    name: 'pid',
    contexts: MAIN,
    argument: path({ default: 'weir.pid' }),
    doc: 'The file with the process id of the master.',
  },
  apiListens: {
    name: 'api_listen',
    contexts: MAIN,
    argument: custom({
      usage: 'unix:path | address:port | off [write=on | off]',
      minWords: 1,
      maxWords: 2,
      parse: parseApiListen,
    }),
    repeat: true,
    doc: 'Weir only. Where the API is asked, of the shape of NGINX Plus’s version 9, which `weir ctl` uses too; may stand several times. By default a unix socket beside the pid file (`weir.pid`: `weir.sock`), which only the user of the master may use. On a unix socket `write` is `on`, over TCP it is `off` unless told. Over TCP requests of web pages are refused (`Origin`, or a `Host` that is neither an IP address nor `localhost`).',
  },
  eventWebhooks: {
    name: 'event_webhook',
    contexts: MAIN,
    argument: custom({
      usage: 'url [queue=number] [timeout=time]',
      minWords: 1,
      maxWords: 3,
      parse: parseEventWebhook,
    }),
    repeat: true,
    doc: 'Weir only. What happens (a server down or up, a breaker open, servers added or taken out, a configuration refused) is sent there as JSON by POST, one after the other; docs/steering.md has the fields. What fails is tried again with longer and longer waits, ten times. At most `queue` (1000) events wait; then the oldest is dropped and counted. `timeout` (5s) is that of one try. Nothing else ever waits for it.',
  },
  daemon: {
    name: 'daemon',
    contexts: MAIN,
    argument: flag({ default: 'off' }),
    doc: 'Whether Weir goes to the background. Unlike nginx it stays in the foreground unless told.',
  },
});

/** `error_log`. */
export const errorLogDirectives = directives({
  errorLogs: {
    name: 'error_log',
    contexts: ['main', ...HTTP_SERVER_LOCATION],
    argument: custom({
      usage: 'file | stderr | memory:size | syslog:server=address[,parameter…] [level]',
      minWords: 1,
      maxWords: 2,
      parse: parseErrorLog,
    }),
    repeat: true,
    doc: 'Where errors are logged, from which level on (`debug`, `info`, `notice`, `warn`, `error`, `crit`, `alert`, `emerg`; `error` when none is given). May stand several times. In `http`, `server` and `location` it takes the lines that are about their requests; those about processes and connections go where the top level says, to `stderr` when it says nothing. Parameters of `syslog:` are those of `access_log`; its severity is that of each line. `memory:` keeps the last lines, of each process and thread as much as `size`; USR1 (`-s reopen`) has them written to standard error.',
  },
});

/** Settings of `events`. */
export const eventsDirectives = directives({
  workerConnections: {
    name: 'worker_connections',
    contexts: EVENTS,
    argument: integer({ default: '512', min: 1 }),
    doc: 'Connections that each proxy thread may have open, clients and endpoints together.',
  },
  acceptMode: {
    name: 'accept',
    contexts: EVENTS,
    argument: oneOf(['reuseport', 'shared'], { default: 'reuseport' }),
    doc: 'Weir only. `reuseport`: every proxy thread has its own accept queue and the kernel spreads connections. `shared`: all threads take from one queue, which evens out tails.',
  },
});

/** The blocks outside `http`, and what is read before anything else. */
export const mainBlocks = directives({
  events: {
    name: 'events',
    contexts: MAIN,
    argument: nothing(),
    opens: 'events',
    inherit: false,
    doc: 'How connections are taken.',
  },
});

function parseUser(
  [name, group]: readonly Word[],
  context: ParseContext,
): { readonly name: string; readonly group: string | undefined } | undefined {
  if (name === undefined) return undefined;
  if (name.text === '') return reportInvalid(context, name, 'user');
  return { name: name.text, group: group?.text };
}

/** More threads than this is a mistyped number. */
const MAX_THREADS = 1_024;

function parseWorkerProcesses(
  [word]: readonly Word[],
  context: ParseContext,
): number | 'auto' | undefined {
  if (word === undefined) return undefined;
  if (word.text === 'auto') return 'auto';
  if (!/^\d+$/.test(word.text)) {
    return reportInvalid(context, word, 'number', 'write a number or "auto"');
  }
  return parseInteger(word, context, { min: 1, max: MAX_THREADS });
}

/** nice(1): nginx takes 20, too, which the kernel makes 19. */
function parsePriority(words: readonly Word[], context: ParseContext): number | undefined {
  const [word] = words;
  if (word === undefined) return undefined;
  const value = /^-?\d{1,2}$/.test(word.text) ? Number(word.text) : Number.NaN;
  if (value >= -20 && value <= 20) return Math.min(value, 19);
  return reportInvalid(context, word, 'priority', 'it is a number from -20 to 19');
}
