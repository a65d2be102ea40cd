import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Address } from '#src/base/address.ts';

/** A process that holds an address. */
export interface Holder {
  readonly pid: number;
  /** Name of the program, as `ps` shows it. */
  readonly name: string;
  /** A Weir generation whose master is gone: it serves on until it is told to drain. */
  readonly isOrphan: boolean;
}

/** State LISTEN in /proc/net/tcp. */
const TCP_LISTEN = '0A';

/**
 * Who listens on an address, by /proc (Linux); undefined when that cannot be seen: another user's
 * process, or another system.
 */
export function findHolder(address: Address): Holder | undefined {
  const inodes =
    address.kind === 'unix' ? unixInodes(address.path) : tcpInodes(address.host, address.port);
  return inodes.size === 0 ? undefined : processWith(inodes);
}

/** What to do about it, as the second half of a bind error. */
export function explainHolder(address: Address, place: string): string {
  const holder = findHolder(address);
  const change = place === '' ? 'change "listen"' : `change "listen" in ${place}`;
  if (holder === undefined) {
    return `another process has it (run as root to see which); stop it or ${change}`;
  }
  const who = `${holder.name} (pid ${holder.pid}) has it`;
  if (!holder.isOrphan) return `${who}; stop it or ${change}`;
  return (
    `${who}: a Weir generation that serves on although its master is gone; ` +
    `drain it with "kill -QUIT ${holder.pid}" and start again`
  );
}

function tcpInodes(host: string, port: number): Set<string> {
  const inodes = new Set<string>();
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const wanted = host.includes(':') ? undefined : hexOfIpv4(host);
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of lines(table)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (local === undefined || inode === undefined || state !== TCP_LISTEN) continue;
      if (!local.endsWith(suffix)) continue;
      const theirs = local.slice(0, -suffix.length);
      const overlaps =
        wanted === undefined || isAny(wanted) || isAny(theirs) || theirs.endsWith(wanted);
      if (overlaps) inodes.add(inode);
    }
  }
  return inodes;
}

/** `127.0.0.1` → `0100007F`: /proc shows the word in the machine's byte order. */
function hexOfIpv4(host: string): string {
  const bytes = host.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
  return bytes.reverse().join('').toUpperCase();
}

function isAny(hex: string): boolean {
  return /^0+$/.test(hex);
}

function unixInodes(path: string): Set<string> {
  const inodes = new Set<string>();
  for (const line of lines('/proc/net/unix')) {
    const words = line.trim().split(/\s+/);
    const inode = words[6];
    if (inode !== undefined && words.slice(7).join(' ') === path) inodes.add(inode);
  }
  return inodes;
}

/** The first process, other than this one, with a descriptor of one of these sockets. */
function processWith(inodes: ReadonlySet<string>): Holder | undefined {
  let found: Holder | undefined;
  for (const pid of readDirectory('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid || !holds(pid, inodes)) continue;
    const holder = describe(Number(pid));
    // A master and its generations hold the same socket: the master is the one to name.
    if (found === undefined || (found.isOrphan && !holder.isOrphan)) found = holder;
    if (holder.name.includes('master')) return holder;
  }
  return found;
}

function holds(pid: string, inodes: ReadonlySet<string>): boolean {
  for (const fd of readDirectory(`/proc/${pid}/fd`)) {
    try {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? [];
      if (inode !== undefined && inodes.has(inode)) return true;
    } catch {
      // Closed between the listing and the look.
    }
  }
  return false;
}

function describe(pid: number): Holder {
  const command = read(`/proc/${pid}/cmdline`).split('\0')[0] ?? '';
  if (command.startsWith('weir: ')) {
    const masterPid = /\(master (\d+)\)/.exec(command)?.[1];
    const isGeneration = masterPid !== undefined;
    const isOrphan = isGeneration && parentOf(pid) !== Number(masterPid);
    return { pid, name: isGeneration ? 'weir generation' : 'weir master', isOrphan };
  }
  return { pid, name: read(`/proc/${pid}/comm`).trim() || 'a process', isOrphan: false };
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1]);
}

function lines(path: string): string[] {
  return read(path).split('\n').slice(1);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function readDirectory(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
