/** Runs perf and strace on processes that are under load. */
import { spawn } from 'node:child_process';
import { chownSync, existsSync, rmSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { StackFolder } from './folded-stacks.ts';
import {
  COUNTED_CALLS,
  countingEvents,
  parsePerfStat,
  parseStraceCount,
  type SystemCallCount,
} from './system-calls.ts';

/** Samples per second and core. Not a round number: nothing else beats in time with it. */
const FREQUENCY = 4999;
const EVENTS = '/sys/kernel/tracing/events/syscalls';

/** Samples the processes' stacks, kernel included, for some seconds, into a file. */
export async function recordStacks(
  pids: readonly number[],
  seconds: number,
  file: string,
): Promise<void> {
  const event = ['-F', String(FREQUENCY), '-e', 'cpu-clock', '-g'];
  const words = ['record', ...event, '-o', file, '-p', pids.join(','), '--', 'sleep'];
  await output('perf', [...words, String(seconds)]);
}

/**
 * Reads what was recorded, as stacks and their samples. The processes' map files, by which perf
 * knows V8's functions, are used up by that.
 */
export async function foldStacks(
  file: string,
  pids: readonly number[],
): Promise<Map<string, number>> {
  for (const pid of pids) ownMap(pid);
  const fields = ['-F', 'comm,tid,ip,sym,dso'];
  const child = spawn('perf', ['script', '-i', file, '--no-inline', ...fields], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const folder = new StackFolder();
  for await (const line of createInterface({ input: child.stdout })) folder.add(line);
  folder.end();
  const code = await ended;
  for (const pid of pids) rmSync(mapOf(pid), { force: true });
  if (code !== 0 || folder.counts.size === 0) {
    throw new Error(`perf script ended with code ${code} and ${folder.counts.size} stacks`);
  }
  return folder.counts;
}

function mapOf(pid: number): string {
  return `/tmp/perf-${pid}.map`; // V8 and perf agree on that folder
}

/** perf refuses a map of somebody else's: a proxy that runs as another user writes such ones. */
function ownMap(pid: number): void {
  const map = mapOf(pid);
  const uid = process.getuid?.() ?? 0;
  if (existsSync(map) && statSync(map).uid !== uid) chownSync(map, uid, -1);
}

/**
 * Counts system calls for some seconds. Says which program counted: perf counts in the kernel and
 * changes next to nothing; strace, where the kernel has no events of system calls, stops the proxy
 * at each. (`perf trace -s` loses events at 100,000 calls per second.)
 */
export async function countSystemCalls(
  pids: readonly number[],
  seconds: number,
): Promise<{ tool: string; calls: SystemCallCount[] }> {
  const known = COUNTED_CALLS.filter((name) => existsSync(`${EVENTS}/sys_enter_${name}`));
  if (known.length > 0) {
    const words = ['stat', '-x,', '-p', pids.join(','), ...countingEvents(known)];
    const text = await output('perf', [...words, '--', 'sleep', String(seconds)]);
    return { tool: 'perf stat', calls: parsePerfStat(text) };
  }
  const attach = pids.flatMap((pid) => ['-p', String(pid)]);
  const words = ['-s', 'INT', String(seconds), 'strace', '-c', '-f', ...attach];
  const text = await output('timeout', words, [0, 124, 130]);
  return { tool: 'strace -c -f', calls: parseStraceCount(text) };
}

/** Runs a program and resolves with all it printed. Rejects with that when it fails. */
function output(
  program: string,
  words: readonly string[],
  good: readonly number[] = [0],
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
    }
    child.once('error', reject);
    child.once('close', (code) => {
      if (code !== null && good.includes(code)) resolve(text);
      else
        reject(new Error(`${program} ${words[0]} ended with code ${code}:\n${text.slice(-2000)}`));
    });
  });
}
