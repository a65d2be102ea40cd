/** How often a proxy calls the kernel: counts of `perf stat` and `strace -c`. */

/** One system call, and how often it was made while it was counted. */
export interface SystemCallCount {
  readonly name: string;
  readonly calls: number;
  /** Of these, how many failed: EAGAIN and the like. */
  readonly errors: number;
}

/** The calls that are counted: all that a proxy might make while it serves. */
export const COUNTED_CALLS: readonly string[] = [
  ...['read', 'readv', 'recvfrom', 'recvmsg', 'pread64', 'preadv'],
  ...['write', 'writev', 'sendto', 'sendmsg', 'sendfile64', 'splice', 'pwrite64', 'pwritev'],
  ...['epoll_wait', 'epoll_pwait', 'epoll_pwait2', 'epoll_ctl', 'io_uring_enter', 'futex'],
  ...['accept4', 'accept', 'socket', 'connect', 'close', 'shutdown', 'bind'],
  ...['getsockopt', 'setsockopt', 'getsockname', 'getpeername', 'ioctl', 'fcntl'],
  ...['openat', 'newfstatat', 'statx', 'unlink', 'mmap', 'munmap', 'madvise', 'mprotect', 'brk'],
  ...[
    'getpid',
    'clock_gettime',
    'gettimeofday',
    'sched_yield',
    'timerfd_settime',
    'rt_sigprocmask',
  ],
];

/** Words of `perf stat` that count those calls, and apart from them those that return an error. */
export function countingEvents(names: readonly string[]): string[] {
  return names.flatMap((name) => [
    ...['-e', `syscalls:sys_enter_${name}`],
    ...['-e', `syscalls:sys_exit_${name}`, '--filter', 'ret < 0'],
  ]);
}

/** `1234,,syscalls:sys_enter_write,…`: count, unit, event. */
const PERF_ROW = /^(\d+),[^,]*,syscalls:sys_(enter|exit)_(\w+),/;
/** ` 12.34   0.012345   5   2469   3 write`: %, seconds, µs per call, calls, errors, name. */
const STRACE_ROW = /^\s*[\d.]+\s+\d+\.\d+\s+\d+\s+(\d+)\s+(\d+)?\s*([a-z_]\w*)$/;

/** Reads what `perf stat -x,` prints for `countingEvents`; calls that were not made are left out. */
export function parsePerfStat(text: string): SystemCallCount[] {
  const counts = new Map<string, { calls: number; errors: number }>();
  for (const line of text.split('\n')) {
    const [, count, side, name] = PERF_ROW.exec(line) ?? [];
    if (name === undefined) continue;
    const row = counts.get(name) ?? { calls: 0, errors: 0 };
    row[side === 'enter' ? 'calls' : 'errors'] += Number(count);
    counts.set(name, row);
  }
  return sorted([...counts].map(([name, row]) => ({ name, ...row })));
}

/** Reads what `strace -c -f` prints. */
export function parseStraceCount(text: string): SystemCallCount[] {
  const rows = text.split('\n').flatMap((line) => {
    const [, calls, errors, name] = STRACE_ROW.exec(line) ?? [];
    if (name === undefined || name === 'total') return [];
    return [{ name, calls: Number(calls), errors: Number(errors ?? 0) }];
  });
  return sorted(rows);
}

function sorted(rows: readonly SystemCallCount[]): SystemCallCount[] {
  return rows.filter(({ calls }) => calls > 0).sort((a, b) => b.calls - a.calls);
}
