/** Starts the proxies under test, and the origin behind them, with equal features on. */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasProgram, programVersion } from '#native-bench/measure/machine.ts';
import { processTree } from '#native-bench/measure/process-usage.ts';
import { ROOT } from '#native-bench/measure/results.ts';
import { accepts, freePort } from '#test/support/free-port.ts';

/** What can be put under test. */
export const PROXY_KINDS = ['nginx', 'haproxy', 'weir'] as const;
export type ProxyKind = (typeof PROXY_KINDS)[number];

/** How a proxy is to run. */
export interface ProxySettings {
  /** Proxy threads (nginx: worker processes). */
  threads: number;
  originPort: number;
  /** Reaches the origin by this unix socket, and not by its port. */
  originSocket?: string | undefined;
  /** `buffered`: 64 KB or a second (HAProxy: as default). `default`: a write per request. */
  accessLog: 'off' | 'buffered' | 'default';
  /**
   * `wide`: buffers for bodies of 64 KB, as one would tune a proxy for large bodies. Absent:
   * `default`, what each proxy has by itself (nginx and HAProxy 4 to 16 KB).
   */
  buffers?: 'default' | 'wide';
  /** Pinned to that core, or to several ("0,1"); undefined: not pinned. */
  core?: number | string | undefined;
}

/** A running proxy or origin, in a process (or several) of its own. */
export interface RunningProcess {
  readonly kind: ProxyKind | 'origin';
  readonly version: string;
  readonly port: number;
  /** The first process; the others are its children. */
  readonly pid: number;
  /** Its folder: configuration, logs, sockets; removed by stop(). */
  readonly directory: string;
  /** Ends it and everything it started. */
  stop(): Promise<void>;
}

/** Files of the fast origin, and how many bytes each has. */
const ORIGIN_FILES = { '16k': 16_384, '1mb': 1_048_576 } as const;
/** Buffers of 64 KB, as each configuration says it. */
const WIDE_BUFFERS = {
  nginx: [
    'client_body_buffer_size 64k;',
    'proxy_buffer_size 32k;',
    'proxy_buffers 8 64k;',
    'proxy_busy_buffers_size 128k;',
  ].join('\n    '),
  haproxy: 'tune.bufsize 65536',
} as const;

const READY_TIMEOUT_MS = 15_000;
const STOP_TIMEOUT_MS = 5_000;

/** True when that proxy can be started here. */
export function isAvailable(kind: ProxyKind): boolean {
  return kind === 'weir' ? existsSync(join(ROOT, 'bin/weir')) : hasProgram(kind);
}

/** The version of a proxy, as it says itself. */
export function proxyVersion(kind: ProxyKind): string {
  return kind === 'weir'
    ? (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version
    : programVersion(kind, '-v');
}

/** Starts a proxy and resolves when it accepts. Rejects with its own words when it does not. */
export async function startProxy(
  kind: ProxyKind,
  settings: ProxySettings,
): Promise<RunningProcess> {
  const directory = makeDirectory(kind);
  const port = await freePort();
  const names = { ...placeholders(kind, settings, directory), PORT: String(port) };
  const file = join(directory, kind === 'haproxy' ? 'haproxy.cfg' : 'nginx.conf');
  writeFileSync(file, configurationOf(kind, names));
  const command = {
    nginx: ['nginx', '-p', directory, '-e', join(directory, 'error.log'), '-c', file],
    haproxy: ['haproxy', '-db', '-f', file],
    weir: [join(ROOT, 'bin/weir'), '-p', directory, '-c', file],
  }[kind];
  return launch(
    { kind, version: proxyVersion(kind), port, directory, core: settings.core },
    command,
  );
}

/**
 * Starts the fast origin: 64 bytes for every path, 16 KB below `/16k`, 1 MB below `/1mb`, what was
 * sent for `/echo`; 64 bytes below `/post` when the body is there. No two answers have the same
 * head, except those of `/same`.
 */
export async function startFastOrigin(core: number | string | undefined): Promise<RunningProcess> {
  const directory = makeDirectory('origin');
  const port = await freePort();
  for (const [name, bytes] of Object.entries(ORIGIN_FILES)) {
    writeFileSync(join(directory, name), Buffer.alloc(bytes, 'm'));
  }
  const file = join(directory, 'origin.conf');
  writeFileSync(file, fillIn('origin.conf', { DIRECTORY: directory, PORT: String(port) }));
  const command = ['nginx', '-p', directory, '-e', join(directory, 'error.log'), '-c', file];
  return launch({ kind: 'origin', version: proxyVersion('nginx'), port, directory, core }, command);
}

/** The unix socket on which a fast origin listens besides its port. */
export function originSocket(origin: RunningProcess): string {
  return join(origin.directory, 'origin.sock');
}

/** Where a proxy's access log goes; HAProxy's is its standard output. */
export function accessLogPath(proxy: RunningProcess): string {
  return join(proxy.directory, proxy.kind === 'haproxy' ? 'output.log' : 'access.log');
}

function placeholders(
  kind: ProxyKind,
  { threads, originPort, originSocket: socket, accessLog, buffers }: ProxySettings,
  directory: string,
): Record<string, string> {
  const unix = kind === 'haproxy' ? 'unix@' : 'unix:';
  const names = {
    DIRECTORY: directory,
    THREADS: String(threads),
    BUFFERS: buffers === 'wide' ? WIDE_BUFFERS[kind === 'haproxy' ? 'haproxy' : 'nginx'] : '',
    ORIGIN: socket === undefined ? `127.0.0.1:${originPort}` : `${unix}${socket}`,
  };
  if (kind === 'haproxy') {
    const format = String.raw`log-format "%ci - - [%trl] \"%HM %HU %HV\" %ST %B \"%[capture.req.hdr(0)]\" \"%[capture.req.hdr(1)]\""`;
    const captures = ['Referer', 'User-Agent'].map(
      (name) => `capture request header ${name} len 128`,
    );
    return {
      ...names,
      GLOBAL_LOG: accessLog === 'off' ? '' : 'log stdout format raw local0',
      FRONTEND_LOG: accessLog === 'off' ? '' : ['log global', ...captures, format].join('\n    '),
    };
  }
  const log = join(directory, 'access.log');
  const logs = { off: 'off', buffered: `${log} combined buffer=64k flush=1s`, default: log };
  return { ...names, ACCESS_LOG: logs[accessLog] };
}

/**
 * The configuration of that proxy, with what is written for it alone, without comments. Throws when
 * it has a name that is not filled in.
 */
export function configurationOf(kind: ProxyKind, names: Readonly<Record<string, string>>): string {
  if (kind === 'haproxy') return fillIn('haproxy.cfg', names);
  const foreign = kind === 'nginx' ? '# weir only' : '# nginx only';
  return fillIn('nginx.conf', names, (line) => !line.endsWith(foreign));
}

function fillIn(
  file: string,
  names: Readonly<Record<string, string>>,
  isWanted: (line: string) => boolean = () => true,
): string {
  const lines = readFileSync(join(import.meta.dirname, file), 'utf8').split('\n');
  return lines
    .filter((line) => !line.startsWith('#') && isWanted(line)) // comments explain @NAMES@
    .join('\n')
    .replace(/@([A-Z_]+)@/g, (_, name: string) => {
      const value = names[name];
      if (value === undefined) throw new Error(`baselines/${file}: what is @${name}@?`);
      return value;
    });
}

function makeDirectory(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), `weir-bench-${name}-`));
  chmodSync(directory, 0o755); // worker processes run as another user
  return directory;
}

async function launch(
  described: Omit<RunningProcess, 'pid' | 'stop'> & { core: number | string | undefined },
  command: readonly string[],
): Promise<RunningProcess> {
  const { core, ...facts } = described;
  const full = core === undefined ? command : ['taskset', '-c', String(core), ...command];
  // Its output goes to a file: HAProxy logs requests to stdout, and a pipe to us would cost us CPU.
  const output = join(facts.directory, 'output.log');
  const fd = openSync(output, 'a');
  const child = spawn(full[0] ?? '', full.slice(1), { stdio: ['ignore', fd, fd] });
  const pid = child.pid;
  try {
    await acceptsConnections(child, facts.port);
    if (pid === undefined) throw new Error('it was not started');
  } catch (error) {
    child.kill('SIGKILL');
    const said = readFileSync(output, 'utf8').slice(-2000);
    rmSync(facts.directory, { recursive: true, force: true });
    throw new Error(`${facts.kind} does not start: ${(error as Error).message}\n${said}`);
  }
  return {
    ...facts,
    pid,
    stop: async () => {
      await endTree(child, pid);
      rmSync(facts.directory, { recursive: true, force: true });
    },
  };
}

/** Asks to end, and kills what has not after a while. */
async function endTree(child: ChildProcess, pid: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const tree = processTree(pid);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const killer = setTimeout(() => {
    for (const member of tree) {
      try {
        process.kill(member, 'SIGKILL');
      } catch {
        // Ended by itself.
      }
    }
  }, STOP_TIMEOUT_MS);
  child.kill('SIGTERM');
  await ended;
  clearTimeout(killer);
}

async function acceptsConnections(child: ChildProcess, port: number): Promise<void> {
  const startedAt = performance.now();
  let startError: Error | undefined;
  child.once('error', (error) => {
    startError = error;
  });
  while (performance.now() - startedAt < READY_TIMEOUT_MS) {
    if (startError !== undefined) throw startError;
    if (child.exitCode !== null) throw new Error(`it ended with code ${child.exitCode}`);
    if (await accepts(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`nothing accepts on port ${port} after ${READY_TIMEOUT_MS / 1000} s`);
}
