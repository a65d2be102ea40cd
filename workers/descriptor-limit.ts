import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Descriptors a generation needs beside connections and listeners: standard, epoll, logs, spools. */
const OWN_COUNT = 64;
/** A proxied exchange holds one connection downstream and one upstream. */
const DESCRIPTORS_PER_CONNECTION = 2;
/** Below this a thread is of no use. */
const LEAST_CONNECTIONS = 8;

/** How many connections the descriptor limit has room for. */
export interface DescriptorBudget {
  /** Downstream connections per thread. */
  readonly connectionCap: number;
  /** What the configuration would need to use all of its worker_connections. */
  readonly neededCount: number;
  readonly limit: number;
}

/** Shares the limit among the threads; `listenerCount` counts descriptors of listening sockets. */
export function descriptorBudget(
  limit: number,
  threadCount: number,
  workerConnections: number,
  listenerCount: number,
): DescriptorBudget {
  const fixed = OWN_COUNT + listenerCount;
  const share = Math.floor((limit - fixed) / (DESCRIPTORS_PER_CONNECTION * threadCount));
  return {
    connectionCap: Math.min(workerConnections, share),
    neededCount: fixed + DESCRIPTORS_PER_CONNECTION * threadCount * workerConnections,
    limit,
  };
}

/** What there is to say about a budget; undefined when all of worker_connections fit. */
export function describeBudget(
  budget: DescriptorBudget,
  workerConnections: number,
): { severity: 'emerg' | 'warn'; message: string } | undefined {
  if (budget.connectionCap >= workerConnections) return undefined;
  const exceed =
    `${workerConnections} worker_connections exceed open file resource limit: ` +
    `${budget.limit} (all threads together may need ${budget.neededCount})`;
  if (budget.connectionCap < LEAST_CONNECTIONS) {
    const message = `${exceed}: too few are left to serve; raise the limit (ulimit -n, worker_rlimit_nofile)`;
    return { severity: 'emerg', message };
  }
  const message = `${exceed}: a thread takes at most ${budget.connectionCap} connections`;
  return { severity: 'warn', message };
}

/** This process's limit. Node raises the soft limit to the hard one when it starts. */
export function descriptorLimit(): { soft: number; hard: number } {
  try {
    const text = readFileSync('/proc/self/limits', 'utf8');
    const [, soft, hard] = /^Max open files\s+(\S+)\s+(\S+)/m.exec(text) ?? [];
    return { soft: asCount(soft), hard: asCount(hard) };
  } catch {
    return { soft: Infinity, hard: Infinity };
  }
}

/**
 * Sets the limit of a process, for `worker_rlimit_nofile`; only root may go above the hard limit.
 * @returns why not, or undefined
 */
export function setDescriptorLimit(pid: number, limit: number): string | undefined {
  const { status, error, stderr } = spawnSync(
    'prlimit',
    ['--pid', String(pid), `--nofile=${limit}:${limit}`],
    { encoding: 'utf8' },
  );
  if (status === 0) return undefined;
  const reason = error?.message ?? stderr.trim();
  return `setrlimit(RLIMIT_NOFILE, ${limit}) failed: ${reason}`;
}

function asCount(text: string | undefined): number {
  return text === undefined || text === 'unlimited' ? Infinity : Number(text);
}
