import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** What wrk found; latencies are closed-loop, in microseconds. */
export interface WrkReport {
  readonly requests: number;
  readonly durationUs: number;
  readonly bytes: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly maxUs: number;
  readonly errors: {
    readonly connect: number;
    readonly read: number;
    readonly write: number;
    readonly status: number;
    readonly timeout: number;
  };
}

/** One run of wrk with one thread. */
export interface WrkOptions {
  readonly url: string;
  readonly seconds: number;
  readonly connections: number;
  /** `unique`: every request has another path (below the URL's) and another cookie. */
  readonly heads: 'identical' | 'unique';
  /** A new connection for every request. */
  readonly close?: boolean;
  /** Bytes of a POST's body; 0 or absent: GET. */
  readonly sendBytes?: number;
  /** The core it runs on, or several as taskset takes them ("0,1"); undefined: any. */
  readonly core?: number | string | undefined;
}

const SCRIPT = join(import.meta.dirname, 'wrk.lua');

/** Runs wrk. Rejects with what it printed when it gives no result. */
export function runWrk(options: WrkOptions): Promise<WrkReport> {
  const { url, seconds, connections, core } = options;
  const command = [
    'wrk',
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '-s',
    SCRIPT,
    url,
    '--',
    ...scriptWords(options),
  ];
  const full = core === undefined ? command : ['taskset', '-c', String(core), ...command];
  return new Promise((resolve, reject) => {
    const child = spawn(full[0] ?? '', full.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.once('error', reject);
    child.once('close', () => {
      const json = /^JSON (.*)$/m.exec(output)?.[1];
      if (json === undefined) reject(new Error(`wrk gave no result:\n${output}`));
      else resolve(JSON.parse(json) as WrkReport);
    });
  });
}

/** The words that wrk.lua takes. */
function scriptWords({ heads, close = false, sendBytes = 0 }: WrkOptions): string[] {
  const words: string[] = [];
  if (heads === 'unique') words.push('unique');
  if (close) words.push('close');
  if (sendBytes > 0) words.push(`post=${sendBytes}`);
  return words;
}

/** All errors of a run. */
export function wrkErrors({ errors }: WrkReport): number {
  return errors.connect + errors.read + errors.write + errors.status + errors.timeout;
}
