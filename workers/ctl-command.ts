/** `weir ctl …`: looks at a running Weir, and steers its upstreams. */
import { setTimeout as pass } from 'node:timers/promises';
import { formatTime, parseTime } from '#src/base/units.ts';
import { CtlClient, CtlError, findApi, upstreamPath } from './ctl-client.ts';
import { serverTable, table, upstreamTable } from './ctl-table.ts';
import { CONFIG_OPTIONS, configPlaceOf, type GivenOptions, readOptions } from './sub-command.ts';

const HELP = `Usage: weir ctl COMMAND ... [options]

Looks at a running Weir, and steers its upstreams (those with "zone").

Commands:
  status                  : what runs, its connections and requests
  upstreams               : all upstreams
  servers UPSTREAM        : the servers of one
  add UPSTREAM ADDRESS    : one more server, with the parameters below
  set UPSTREAM SERVER     : changes parameters of a server
  drain UPSTREAM SERVER   : no new requests but those of its sticky sessions; what is there ends
  down UPSTREAM SERVER    : no new requests at all
  up UPSTREAM SERVER      : all again
  remove UPSTREAM SERVER  : takes it out; what is there ends
  watch [UPSTREAM]        : shows upstreams, or servers, again and again

SERVER is an address, or the ID that "servers" shows. ADDRESS is IP:port, [IPv6]:port or unix:/path; for a
name write "server NAME resolve" into the upstream, and reload.

Parameters of add and set:
  --weight N  --max-conns N  --max-fails N  --fail-timeout TIME  --slow-start TIME  --route NAME
  --backup, --down, --drain (add only)

Options:
  --json            : the API's answer instead of a table
  --wait            : with drain: until nothing is in flight there
  --timeout TIME    : with --wait: how long at most (default: 60s)
  --interval TIME   : with watch (default: 1s)
  --socket PATH     : the socket of the API (default: that of the configuration)
  -c, -p, -g        : which configuration, as without ctl
`;

const PARAMETERS: Readonly<Record<string, readonly [name: string, kind: 'number' | 'text']>> = {
  '--weight': ['weight', 'number'],
  '--max-conns': ['max_conns', 'number'],
  '--max-fails': ['max_fails', 'number'],
  '--fail-timeout': ['fail_timeout', 'text'],
  '--slow-start': ['slow_start', 'text'],
  '--route': ['route', 'text'],
};

const OPTIONS = {
  values: [
    ...Object.keys(PARAMETERS).map((name) => [name]),
    ['--timeout'],
    ['--interval'],
    ['--socket'],
    ...CONFIG_OPTIONS,
  ],
  flags: ['--json', '--wait', '--backup', '--down', '--drain', '-h', '--help'],
};

/** How often --wait asks. */
const POLL_MS = 100;

/** What a command has to work with. */
interface Task {
  readonly client: CtlClient;
  readonly given: GivenOptions;
  /** Behind the name of the command. */
  readonly words: readonly string[];
}

interface Command {
  /** How many words it takes: at least, at most. */
  readonly words: readonly [number, number];
  readonly run: (task: Task) => Promise<void>;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  status: { words: [0, 0], run: status },
  upstreams: { words: [0, 0], run: upstreams },
  servers: { words: [1, 1], run: servers },
  add: { words: [2, 2], run: add },
  set: { words: [2, 2], run: set },
  drain: { words: [2, 2], run: drain },
  down: { words: [2, 2], run: (task) => change(task, { down: true }) },
  up: { words: [2, 2], run: (task) => change(task, { down: false, drain: false }) },
  remove: { words: [2, 2], run: remove },
  watch: { words: [0, 1], run: watch },
};

/** @returns the exit code */
export async function ctl(args: readonly string[], usualFile: string): Promise<number> {
  const given = readOptions(args, OPTIONS);
  if (typeof given === 'string') return failed(given);
  if (given.flags.has('-h') || given.flags.has('--help')) {
    process.stdout.write(HELP);
    return 0;
  }
  const [name, ...words] = given.words;
  if (name === undefined) return failed('ctl what? (weir ctl --help lists commands)');
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) return failed(`unknown command "${name}" (--help lists them)`);
  const [least, most] = command.words;
  if (words.length < least || words.length > most) {
    const wanted = least === most ? `${least}` : `${least} to ${most}`;
    return failed(`"${name}" takes ${wanted} words, not ${words.length} (--help says which)`);
  }
  try {
    const place = configPlaceOf(given, usualFile);
    const client = new CtlClient(await findApi(place, last(given, '--socket')));
    await command.run({ client, given, words });
    return 0;
  } catch (error) {
    if (error instanceof CtlError) return failed(error.message);
    throw error;
  }
}

async function status({ client, given }: Task): Promise<void> {
  const names = ['nginx', 'processes', 'connections', 'http/requests'] as const;
  const values = await Promise.all(names.map((name) => client.ask('GET', name)));
  if (given.flags.has('--json')) {
    return print(Object.fromEntries(names.map((name, at) => [name, values[at]])));
  }
  const rows = names.flatMap((name, at) => {
    return Object.entries(values[at] as object).map(([key, value]) => [
      `${name} ${key}`,
      `${value}`,
    ]);
  });
  write(table(['WHAT', 'VALUE'], rows));
  write(upstreamTable(await client.upstreams()));
}

async function upstreams({ client, given }: Task): Promise<void> {
  const all = await client.upstreams();
  if (given.flags.has('--json')) print(all);
  else write(upstreamTable(all));
}

async function servers({ client, given, words: [name = ''] }: Task): Promise<void> {
  const { peers } = await client.upstream(name);
  if (given.flags.has('--json')) print(peers);
  else write(serverTable(peers));
}

async function add({ client, given, words: [name = '', server = ''] }: Task): Promise<void> {
  const flags = ['backup', 'down', 'drain'].filter((flag) => given.flags.has(`--${flag}`));
  const value = {
    server,
    ...parameters(given),
    ...Object.fromEntries(flags.map((flag) => [flag, true])),
  };
  const added = await client.ask('POST', `${upstreamPath(name)}/servers`, value);
  report(given, added, `${server} is in ${name} as ${(added as { id: number }).id}`);
}

async function set(task: Task): Promise<void> {
  const value = parameters(task.given);
  if (Object.keys(value).length === 0) throw new CtlError('set what? --weight N, for example');
  await change(task, value);
}

async function drain(task: Task): Promise<void> {
  const { client, given, words } = task;
  const [name = '', server = ''] = words;
  if (!given.flags.has('--wait')) return change(task, { drain: true });
  const timeoutMs = timeOf(given, '--timeout', '60s');
  const { id } = await client.peer(name, server);
  await client.ask('PATCH', `${upstreamPath(name)}/servers/${id}`, { drain: true });
  const untilMs = performance.now() + timeoutMs;
  // Twice: whoever had picked it when it began to drain is counted a moment later.
  for (let idleLooks = 0; ; ) {
    const { active } = await client.peer(name, String(id));
    idleLooks = active === 0 ? idleLooks + 1 : 0;
    if (idleLooks === 2) return report(given, { id, active }, `${server} has nothing in flight`);
    if (performance.now() >= untilMs) {
      const text = `${server} drains, but after ${formatTime(timeoutMs)} ${active} are in flight`;
      throw new CtlError(text);
    }
    await pass(POLL_MS);
  }
}

async function change({ client, given, words }: Task, value: object): Promise<void> {
  const [name = '', server = ''] = words;
  const { id } = await client.peer(name, server);
  const now = await client.ask('PATCH', `${upstreamPath(name)}/servers/${id}`, value);
  const shown = Object.entries(value).map(([key, to]) => `${key}=${to}`);
  report(given, now, `${server} of ${name}: ${shown.join(' ')}`);
}

async function remove({ client, given, words: [name = '', server = ''] }: Task): Promise<void> {
  const { id } = await client.peer(name, server);
  const left = await client.ask('DELETE', `${upstreamPath(name)}/servers/${id}`);
  const { length } = left as readonly unknown[];
  report(given, left, `${server} is out of ${name}, which has ${length} servers now`);
}

/** Until the reader has enough (Ctrl+C, a closed pipe). */
async function watch({ client, given, words: [name] }: Task): Promise<void> {
  const intervalMs = timeOf(given, '--interval', '1s');
  for (;;) {
    if (process.stdout.isTTY) write('\u001b[H\u001b[2J');
    const all = name === undefined ? await client.upstreams() : undefined;
    const text =
      all === undefined
        ? serverTable((await client.upstream(name ?? '')).peers)
        : upstreamTable(all);
    write(`${new Date().toISOString()}\n${text}`);
    await pass(intervalMs);
  }
}

function parameters({ values }: GivenOptions): Record<string, string | number> {
  const found: Record<string, string | number> = {};
  for (const [option, [name, kind]] of Object.entries(PARAMETERS)) {
    const text = values.get(option)?.at(-1);
    if (text === undefined) continue;
    if (kind === 'number' && !/^\d{1,9}$/.test(text)) {
      throw new CtlError(`${option} takes a number, not "${text}"`);
    }
    found[name] = kind === 'number' ? Number(text) : text;
  }
  return found;
}

function timeOf(given: GivenOptions, option: string, usual: string): number {
  const text = last(given, option) ?? usual;
  const ms = parseTime(text);
  if (ms === undefined) throw new CtlError(`${option} takes a time such as 30s, not "${text}"`);
  return ms;
}

function last({ values }: GivenOptions, option: string): string | undefined {
  return values.get(option)?.at(-1);
}

function report({ flags }: GivenOptions, value: unknown, text: string): void {
  if (flags.has('--json')) print(value);
  else write(`${text}\n`);
}

function print(value: unknown): void {
  write(`${JSON.stringify(value, null, 2)}\n`);
}

function write(text: string): void {
  process.stdout.write(text);
}

function failed(message: string): number {
  process.stderr.write(`weir: ${message}\n`);
  return 1;
}
