/** What a proxy's processes use, read from /proc (Linux only). All throw when the root is gone. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Clock ticks per second of /proc/PID/stat; 100 on every Linux that Node runs on. */
const TICKS_PER_SEC = 100;

/** The process and all its descendants, the process first. */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = readStat(Number(entry));
    if (stat === undefined) continue;
    const siblings = children.get(stat.parent);
    if (siblings === undefined) children.set(stat.parent, [stat.pid]);
    else siblings.push(stat.pid);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/**
 * User and system time of the whole tree in microseconds, in steps of 10 ms. Includes children
 * that have ended and were waited for, so the difference of two readings is right even when a
 * process came or went in between.
 */
export function cpuMicros(root: number): number {
  const { userUs, systemUs } = cpuTimes(root);
  return userUs + systemUs;
}

/** CPU time of a process tree in microseconds, in steps of 10 ms. */
export interface CpuTimes {
  readonly userUs: number;
  /** In the kernel on the tree's behalf; on loopback that includes the receiving side of a write. */
  readonly systemUs: number;
}

/**
 * The same time, split. The kernel knows the sum to the nanosecond and divides it by what its
 * ticks saw, so over a few seconds the parts are good to about 1 %.
 */
export function cpuTimes(root: number): CpuTimes {
  let user = 0;
  let system = 0;
  for (const pid of processTree(root)) {
    const stat = readStat(pid);
    user += stat?.userTicks ?? 0;
    system += stat?.systemTicks ?? 0;
  }
  return { userUs: (user / TICKS_PER_SEC) * 1e6, systemUs: (system / TICKS_PER_SEC) * 1e6 };
}

/** CPU microseconds of children of that process that have ended and were waited for. */
export function endedChildrenMicros(pid: number): number {
  return ((readStat(pid)?.childTicks ?? 0) / TICKS_PER_SEC) * 1e6;
}

/** Microseconds that a core was not idle since boot, whoever used it, hypervisor included. */
export function coreBusyMicros(core: number): number {
  const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(readFileSync('/proc/stat', 'latin1'))?.[1];
  if (line === undefined) throw new Error(`there is no core ${core}`);
  // user nice system idle iowait irq softirq steal …; guest time is part of user time.
  const ticks = line.split(' ').map(Number).slice(0, 8);
  const idle = (ticks[3] ?? 0) + (ticks[4] ?? 0);
  return ((ticks.reduce((sum, value) => sum + value, 0) - idle) / TICKS_PER_SEC) * 1e6;
}

/** Memory of the whole tree in kilobytes; PSS counts shared pages once over all who share them. */
export function memoryKb(root: number): { rss: number; pss: number } {
  let rss = 0;
  let pss = 0;
  for (const pid of processTree(root)) {
    let text: string;
    try {
      text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    } catch {
      continue;
    }
    rss += Number(/^Rss:\s+(\d+)/m.exec(text)?.[1] ?? 0);
    pss += Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0);
  }
  return { rss, pss };
}

/** How many TCP connections accepted on a local port each process of the tree holds. */
export function connectionsPerProcess(root: number, localPort: number): Map<number, number> {
  const inodes = socketInodesOf(localPort, ESTABLISHED);
  const counts = new Map<number, number>();
  for (const pid of processTree(root)) {
    let count = 0;
    for (const inode of socketInodes(pid)) if (inodes.has(inode)) count += 1;
    counts.set(pid, count);
  }
  return counts;
}

/** How many sockets listen on that port: with SO_REUSEPORT one per thread, once each of them serves. */
export function listeningSockets(localPort: number): number {
  return socketInodesOf(localPort, LISTENING).size;
}

// As /proc/net/tcp writes them.
const ESTABLISHED = '01';
const LISTENING = '0A';

/** Inodes of the sockets in that state whose local port is the given one. */
function socketInodesOf(localPort: number, state: string): Set<string> {
  const inodes = new Set<string>();
  const portHex = localPort.toString(16).toUpperCase().padStart(4, '0');
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    let text: string;
    try {
      text = readFileSync(table, 'utf8');
    } catch {
      continue; // no IPv6
    }
    for (const line of text.split('\n').slice(1)) {
      // sl local remote state queues timer retransmits uid timeout inode …
      const words = line.trim().split(/\s+/);
      if (words[1]?.endsWith(`:${portHex}`) && words[3] === state && words[9]) inodes.add(words[9]);
    }
  }
  return inodes;
}

function socketInodes(pid: number): string[] {
  const inodes: string[] = [];
  let names: string[];
  try {
    names = readdirSync(`/proc/${pid}/fd`);
  } catch {
    return inodes;
  }
  for (const name of names) {
    const inode = socketInode(pid, name);
    if (inode !== undefined) inodes.push(inode);
  }
  return inodes;
}

function socketInode(pid: number, descriptor: string): string | undefined {
  try {
    const target = readlinkSync(`/proc/${pid}/fd/${descriptor}`);
    return target.startsWith('socket:[') ? target.slice('socket:['.length, -1) : undefined;
  } catch {
    return undefined; // closed meanwhile
  }
}

interface Stat {
  readonly pid: number;
  readonly parent: number;
  /** Its own time and that of its ended children. */
  readonly userTicks: number;
  readonly systemTicks: number;
  /** That of its ended children alone. */
  readonly childTicks: number;
}

function readStat(pid: number): Stat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined; // ended meanwhile
  }
  return { pid, ...parseStat(text) };
}

/** What /proc/PID/stat says, times in clock ticks. */
export function parseStat(text: string): Omit<Stat, 'pid'> {
  // The command name is in parentheses and may hold anything ("weir master", even a parenthesis);
  // fields count from after it: state ppid … utime(11) stime(12) cutime(13) cstime(14).
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (index: number): number => Number(fields[index]);
  return {
    parent: field(1),
    userTicks: field(11) + field(13),
    systemTicks: field(12) + field(14),
    childTicks: field(13) + field(14),
  };
}
