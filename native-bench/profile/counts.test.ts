import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { countingEvents, parsePerfStat, parseStraceCount } from './system-calls.ts';
import { allocationsByFunction, cpuByFunction, sumCollections } from './thread-profiles.ts';

const frame = (
  functionName: string,
  url = '',
): { functionName: string; url: string; lineNumber: number } => ({
  ...{ functionName, url, lineNumber: 9 },
});

describe('system calls', () => {
  it('perf stat: calls and errors of each, without those that nobody made', () => {
    assert.deepEqual(countingEvents(['read']), [
      ...['-e', 'syscalls:sys_enter_read', '-e', 'syscalls:sys_exit_read', '--filter', 'ret < 0'],
    ]);
    const text =
      '12,,syscalls:sys_enter_read,1,100.00,,\n3,,syscalls:sys_exit_read,1,100.00,,\n' +
      '20,,syscalls:sys_enter_write,1,100.00,,\n0,,syscalls:sys_enter_splice,1,100.00,,\n';
    assert.deepEqual(parsePerfStat(text), [
      { name: 'write', calls: 20, errors: 0 },
      { name: 'read', calls: 12, errors: 3 },
    ]);
  });

  it('strace -c: its columns, with and without errors', () => {
    const text =
      '% time     seconds  usecs/call     calls    errors syscall\n' +
      '------ ----------- ----------- --------- --------- ----------------\n' +
      ' 60.00    0.100000          10     10000           write\n' +
      ' 40.00    0.050000           5     10010        10 read\n' +
      '100.00    0.150000           7     20010        10 total\n';
    assert.deepEqual(parseStraceCount(text), [
      { name: 'read', calls: 10010, errors: 10 },
      { name: 'write', calls: 10000, errors: 0 },
    ]);
  });
});

describe('profiles of a thread', () => {
  it('CPU: the time from a sample to the next is its function’s; idle time does not count', () => {
    const nodes = [
      { id: 1, callFrame: frame('(idle)') },
      { id: 2, callFrame: frame('take', 'file:///a/h1.ts') },
      { id: 3, callFrame: frame('', 'node:net') },
    ];
    const parts = cpuByFunction({ nodes, samples: [2, 3, 1, 2], timeDeltas: [0, 200, 50, 1000] });
    assert.deepEqual(parts, [
      { name: 'h1.ts:10 take', amount: 200 },
      { name: 'node:net:10 (anonymous)', amount: 50 },
    ]);
  });

  it('allocations: samples of a function are added up and scaled to the exact bytes', () => {
    const leaf = { callFrame: frame('b', 'file:///b.ts'), selfSize: 30, children: [] };
    const caller = { callFrame: frame('a', 'file:///a.ts'), selfSize: 40, children: [leaf] };
    const head = { callFrame: frame('(root)'), selfSize: 0, children: [caller, leaf] };
    assert.deepEqual(allocationsByFunction({ bytes: 1000, head }), [
      { name: 'b.ts:10 b', amount: 600 },
      { name: 'a.ts:10 a', amount: 400 },
    ]);
  });

  it('collections: count, sum and longest pause by kind', () => {
    const pauses = [
      { kind: 'young', ms: 1 },
      { kind: 'whole', ms: 8 },
      { kind: 'young', ms: 2 },
    ];
    assert.deepEqual(sumCollections(pauses), [
      { kind: 'whole', count: 1, totalMs: 8, longestMs: 8 },
      { kind: 'young', count: 2, totalMs: 3, longestMs: 2 },
    ]);
  });
});
