// Starts the real bin/weir, as a user would, for tests and scenarios: own folder, own free ports,
// readiness by connecting, every process it started gone when the test file ends.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { accepts, freePorts } from './free-port.ts';

/** The launcher of this checkout, absolute. */
export const WEIR = resolve(import.meta.dirname, '../../bin/weir');

/** How long a start, a line, or a stop may take before the test fails. Generous: CI has 2 cores. */
const PATIENCE_MS = 30_000;
/** Between two attempts to connect while the proxy starts. */
const RETRY_MS = 10;

/** The test runner ends a file that takes too long by SIGTERM: then, too, nothing stays behind. */
process.once('SIGTERM', () => process.exit(143));

/** What `startWeir` needs to know. */
export interface WeirOptions {
  /** The configuration: text, or a function that writes it for the free ports it is given. */
  conf: string | ((...ports: number[]) => string);
  /** How many free ports `conf` needs; the first is `weir.port`. Default 1. */
  portCount?: number;
  /** Ports to wait for before `startWeir` resolves. Default: the first free one. */
  readyPorts?: readonly number[];
  /** More files, by path relative to the proxy's folder. */
  files?: Readonly<Record<string, string>>;
  /** Added to this process's environment. */
  env?: NodeJS.ProcessEnv;
  /** Of the configuration's file. Default: weir.conf. */
  name?: string;
  /** More command-line arguments. */
  args?: readonly string[];
  /** The launcher to start. Default: this checkout's. */
  weir?: string;
}

/** How a process ended: exactly one of the two is not null. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A program that ran to its end. */
export interface Outcome extends Exit {
  stdout: string;
  stderr: string;
}

/** A running proxy. */
export class Weir {
  /** All free ports that the configuration was given. */
  readonly ports: readonly number[];
  /** Its folder (the `-p` prefix), removed by `stop`. */
  readonly folder: string;
  /** Its configuration file, inside `folder`. */
  readonly file: string;
  readonly #child: ChildProcess;
  readonly #writeConf: (...ports: number[]) => string;
  readonly #watchers = new Set<() => void>();
  readonly #killAtExit = () => this.killAll();
  #output = '';
  #exit: Exit | undefined;

  constructor(child: ChildProcess, ports: readonly number[], folder: string, options: WeirOptions) {
    this.#child = child;
    this.ports = ports;
    this.folder = folder;
    this.file = join(folder, options.name ?? CONF);
    this.#writeConf = asFunction(options.conf);
    const keep = (text: string) => {
      this.#output += text;
      for (const watcher of this.#watchers) watcher();
    };
    child.stdout?.setEncoding('utf8').on('data', keep);
    child.stderr?.setEncoding('utf8').on('data', keep);
    process.once('exit', this.#killAtExit);
    child.once('error', (error) => keep(`${error.message}\n`));
    child.once('exit', (code, signal) => {
      this.#exit = { code, signal };
      for (const watcher of this.#watchers) watcher();
    });
  }

  /** The first of its ports. */
  get port(): number {
    const [port] = this.ports;
    if (port === undefined) throw new Error('this proxy was started with no port');
    return port;
  }

  /** The master's process id (the launcher execs, it does not stay). */
  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error('bin/weir did not start');
    return pid;
  }

  /** What it has printed so far, on stdout and stderr. */
  get output(): string {
    return this.#output;
  }

  /** How the master ended; undefined while it runs. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** `http://127.0.0.1:PORT` and the path. */
  url(path = '/', port = this.port): string {
    return `http://127.0.0.1:${port}${path}`;
  }

  /** Sends the master a signal. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Writes a new configuration for the same ports; the caller then reloads. */
  writeConf(conf: string | ((...ports: number[]) => string) = this.#writeConf): void {
    writeFileSync(this.file, asFunction(conf)(...this.ports));
  }

  /**
   * Waits until it has printed a line that matches, and returns the line.
   * @param from only what was printed after this many characters of `output` counts
   * @throws Error when it exits first, or when 30 s pass
   */
  async waitForLine(pattern: RegExp, from = 0): Promise<string> {
    const seen = () =>
      this.#output
        .slice(from)
        .split('\n')
        .find((line) => pattern.test(line));
    await this.#until(() => seen() !== undefined || this.#exit !== undefined, `line ${pattern}`);
    const line = seen();
    if (line === undefined) throw new Error(this.#story(`ended before it printed ${pattern}`));
    return line;
  }

  /** Waits until the port accepts a connection. @throws Error when it exits first, or 30 s pass */
  async waitForPort(port: number): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    while (!(await accepts(port))) {
      if (this.#exit) throw new Error(this.#story(`ended before it listened on ${port}`));
      if (Date.now() > deadline) throw new Error(this.#story(`did not listen on ${port}`));
      await new Promise((retry) => setTimeout(retry, RETRY_MS));
    }
  }

  /** Waits for the master's end. @throws Error when 30 s pass */
  async waitForExit(): Promise<Exit> {
    await this.#until(() => this.#exit !== undefined, 'exit');
    if (this.#exit === undefined) throw new Error(this.#story('has not ended'));
    return this.#exit;
  }

  /** Ends it (TERM: at once; QUIT: drains), waits for the end, and removes its folder. */
  async stop(signal: 'SIGTERM' | 'SIGQUIT' = 'SIGTERM'): Promise<Exit> {
    try {
      if (this.#exit === undefined) this.signal(signal);
      return await this.waitForExit();
    } finally {
      this.killAll();
      rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
    }
  }

  /** SIGKILL to all its processes: it is the leader of a process group of its own. */
  killAll(): void {
    process.off('exit', this.#killAtExit);
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // ESRCH: none of them is left
    }
  }

  /** Resolves when `isDone`, looked at after every output and at the exit. */
  #until(isDone: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        if (!isDone()) return;
        this.#watchers.delete(settle);
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#watchers.delete(settle);
        reject(new Error(this.#story(`no ${what} in ${PATIENCE_MS} ms`)));
      }, PATIENCE_MS);
      this.#watchers.add(settle);
      settle();
    });
  }

  #story(what: string): string {
    const end = this.#exit ? `exit ${this.#exit.code ?? this.#exit.signal}` : 'still running';
    return `weir ${what} (${end}); it printed:\n${this.#output.trimEnd()}`;
  }
}

/**
 * Starts bin/weir in a folder of its own under the system's temporary folder, with free ports, and
 * waits until it accepts connections. Without an `error_log` of its own it logs to stderr, which
 * `weir.output` collects. Stop it with `await weir.stop()` (see `test/integration/`).
 * @throws Error, with all that it printed, when it ends before it listens
 */
export async function startWeir(options: WeirOptions): Promise<Weir> {
  const ports = await freePorts(options.portCount ?? 1);
  const { files, name = CONF } = options;
  const folder = writeFolder(asFunction(options.conf)(...ports), files, name);
  const file = join(folder, name);
  const args = ['-p', folder, '-c', file, '-e', 'stderr', ...(options.args ?? [])];
  const child = spawn(options.weir ?? WEIR, args, {
    cwd: folder,
    detached: true, // its own process group, so that killAll reaches every process of it
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const weir = new Weir(child, ports, folder, options);
  try {
    for (const port of options.readyPorts ?? ports.slice(0, 1)) await weir.waitForPort(port);
  } catch (error) {
    weir.killAll();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    throw error;
  }
  return weir;
}

/** What `runWeir` may be given besides arguments. */
export interface RunOptions {
  /** Written to weir.conf in a fresh folder, which becomes `-p` and `-c`; `-e stderr` too. */
  conf?: string;
  /** Of the configuration's file. Default: weir.conf. */
  name?: string;
  files?: Readonly<Record<string, string>>;
  env?: NodeJS.ProcessEnv;
  weir?: string;
}

/** Runs bin/weir to its end, for `-t`, `-T`, `-v`, `-V`, `-s` and starts that must fail. */
export async function runWeir(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const { conf, files, name = CONF } = options;
  const folder = conf === undefined ? undefined : writeFolder(conf, files, name);
  const place =
    folder === undefined ? [] : ['-p', folder, '-c', join(folder, name), '-e', 'stderr'];
  try {
    return await run(options.weir ?? WEIR, [...place, ...args], { env: options.env ?? {} });
  } finally {
    if (folder) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * Runs any program to its end and collects what it printed. SIGKILL after 30 s.
 * @throws Error when the program cannot be started
 */
export async function run(
  program: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string; input?: string; patienceMs?: number } = {},
): Promise<Outcome> {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    timeout: options.patienceMs ?? PATIENCE_MS,
    killSignal: 'SIGKILL',
  });
  child.stdin.on('error', () => {}); // EPIPE: it did not want its input
  child.stdin.end(options.input ?? '');
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, stdout, stderr };
}

function asFunction(conf: WeirOptions['conf']): (...ports: number[]) => string {
  return typeof conf === 'string' ? () => conf : conf;
}

/** Of the configuration's file. */
const CONF = 'weir.conf';

/** A fresh folder with the configuration and more files; readable by the user that a generation runs as. */
function writeFolder(
  conf: string,
  files: Readonly<Record<string, string>> = {},
  name = CONF,
): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-test-'));
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'logs'));
  for (const [path, text] of Object.entries({ ...files, [name]: conf })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}
