/** How long a start of bin/weir takes, as who waits for it sees it. */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from '#test/support/free-port.ts';
import { WEIR } from '#test/support/weir.ts';

const PATIENCE_MS = 30_000;
const RETRY_MS = 1;
/** Of this process: nothing that was started outlives it. */
const ENDS = ['SIGINT', 'SIGTERM', 'exit'] as const;

/** How one start went, in milliseconds since bin/weir was spawned. */
export interface Start {
  /** A connection was accepted (by the kernel: the master listens, nobody answers yet). */
  readonly listeningMs: number;
  /** The answer to the first request, through the proxy, was there. */
  readonly answeredMs: number;
}

/** Where a start finds its files: the configuration is written for the port it gets. */
export interface StartFolder {
  readonly conf: (port: number) => { readonly file: string; readonly prefix: string };
  /** For NODE_COMPILE_CACHE; empty at first. */
  readonly cache: string;
}

/** A folder for starts with two threads and what `http` says inside the block of that name. */
export function startFolder(prefix: string, http: (port: number) => string): StartFolder {
  const file = join(prefix, 'weir.conf');
  const cache = join(prefix, 'cache');
  for (const folder of [cache, join(prefix, 'logs')]) mkdirSync(folder);
  const conf = (port: number): { file: string; prefix: string } => {
    writeFileSync(file, `worker_processes 2;\nevents {}\nhttp {\n${http(port)}\n}\n`);
    return { file, prefix };
  };
  return { conf, cache };
}

/**
 * Starts bin/weir with what `conf` says for a free port, asks once as soon as a connection is
 * possible, and ends it, after `use` if that is given. Throws, with what it printed, when it ends or
 * the answer is no 200.
 */
export async function timeStart(
  conf: StartFolder['conf'],
  environment: NodeJS.ProcessEnv,
  use: (port: number) => Promise<void> = () => Promise.resolve(),
): Promise<Start> {
  const port = await freePort();
  const { file, prefix } = conf(port);
  const startMs = performance.now();
  const child = spawn(WEIR, ['-p', prefix, '-c', file, '-e', 'stderr'], {
    detached: true, // its own process group: all of it ends
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // Of another group, so what ends us does not reach it.
  const kill = (): void => killGroup(child);
  for (const end of ENDS) process.once(end, kill);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`weir ended with ${code}:\n${output}`)));
  });
  try {
    const start = await Promise.race([askWhenPossible(port, startMs), ended]);
    await Promise.race([use(port), ended]);
    return start;
  } finally {
    await endGroup(child);
    for (const end of ENDS) process.off(end, kill);
  }
}

async function askWhenPossible(port: number, startMs: number): Promise<Start> {
  for (;;) {
    const start = await ask(port, startMs);
    if (start !== undefined) return start;
    if (performance.now() - startMs > PATIENCE_MS) throw new Error('weir does not listen');
    await new Promise((retry) => setTimeout(retry, RETRY_MS));
  }
}

/** One request on a new connection; undefined when nobody listens. */
function ask(port: number, startMs: number): Promise<Start | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let listeningMs = 0;
    let text = '';
    let wasRefused = false;
    socket.setEncoding('latin1');
    socket.once('connect', () => {
      listeningMs = performance.now() - startMs;
      socket.write('GET /first HTTP/1.1\r\nHost: first\r\nConnection: close\r\n\r\n');
    });
    socket.on('data', (piece: string) => {
      text += piece;
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      wasRefused = error.code === 'ECONNREFUSED';
      if (!wasRefused) reject(error);
    });
    socket.once('close', () => {
      const answeredMs = performance.now() - startMs;
      if (wasRefused) resolve(undefined);
      else if (text.startsWith('HTTP/1.1 200 ')) resolve({ listeningMs, answeredMs });
      else reject(new Error(`the first answer is ${JSON.stringify(text.slice(0, 80))}`));
    });
  });
}

async function endGroup(child: ReturnType<typeof spawn>): Promise<void> {
  const { pid, exitCode, signalCode } = child;
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  // TERM first: what was compiled is kept in the cache by those who end by themselves.
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const killer = setTimeout(() => killGroup(child), 5_000);
  child.kill('SIGTERM');
  await gone;
  clearTimeout(killer);
}

function killGroup({ pid }: ReturnType<typeof spawn>): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // ESRCH: none of them is left
  }
}
