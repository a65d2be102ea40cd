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
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasProgram, programVersion } from '#native-bench/measure/machine.ts';
import { processTree } from '#native-bench/measure/process-usage.ts';
import { ROOT } from '#native-bench/measure/results.ts';

/** What can be put under test. */
export const PROXY_KINDS = ['nginx', 'haproxy', 'weir'] as const;
export type ProxyKind = (typeof PROXY_KINDS)[number];

/** How a proxy is to run. */
export interface ProxySettings {
  /** Proxy threads (nginx: worker processes). */
  threads: number;
  originPort: number;
  /** `buffered`: 64 KB or a second (HAProxy: as default). `default`: a write per request. */
  accessLog: 'off' | 'buffered' | 'default';
  /** Pinned to that core; undefined: not pinned. */
  core?: number | undefined;
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

const ONE_MB = 1_048_576;
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
  writeFileSync(file, fillIn(kind, names));
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

/** Starts the fast origin: 64 bytes for every path, 1 MB for `/1mb`. */
export async function startFastOrigin(core: number | undefined): Promise<RunningProcess> {
  const directory = makeDirectory('origin');
  const port = await freePort();
  writeFileSync(join(directory, '1mb'), Buffer.alloc(ONE_MB, 'm'));
  const file = join(directory, 'origin.conf');
  writeFileSync(
    file,
    replaceNames(template('origin.conf'), { DIRECTORY: directory, PORT: String(port) }),
  );
  const command = ['nginx', '-p', directory, '-e', join(directory, 'error.log'), '-c', file];
  return launch({ kind: 'origin', version: proxyVersion('nginx'), port, directory, core }, command);
}

function placeholders(
  kind: ProxyKind,
  { threads, originPort, accessLog }: ProxySettings,
  directory: string,
): Record<string, string> {
  const names = {
    DIRECTORY: directory,
    THREADS: String(threads),
    ORIGIN_PORT: String(originPort),
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

/** The configuration of that proxy, complete. */
function fillIn(kind: ProxyKind, names: Record<string, string>): string {
  if (kind === 'haproxy') return replaceNames(template('haproxy.cfg'), names);
  const foreign = kind === 'nginx' ? '# weir only' : '# nginx only';
  const lines = template('nginx.conf').split('\n');
  return replaceNames(lines.filter((line) => !line.endsWith(foreign)).join('\n'), names);
}

function template(name: string): string {
  return readFileSync(join(import.meta.dirname, name), 'utf8');
}

function replaceNames(text: string, names: Record<string, string>): string {
  return text.replace(/@([A-Z_]+)@/g, (placeholder, name: string) => names[name] ?? placeholder);
}

function makeDirectory(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), `weir-bench-${name}-`));
  chmodSync(directory, 0o755); // worker processes run as another user
  return directory;
}

async function launch(
  described: Omit<RunningProcess, 'pid' | 'stop'> & { core: number | undefined },
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
    if (await canConnect(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`nothing accepts on port ${port} after ${READY_TIMEOUT_MS / 1000} s`);
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null
          ? resolve(address.port)
          : reject(new Error('no port')),
      );
    });
  });
}
