import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { breakDown, sampleKind, systemCallOf } from './breakdown.ts';
import { kindRows, systemCallRows } from './report.ts';

const STACKS = new Map([
  [
    'weir-0;f.ts send_[j];write_[n];entry_SYSCALL_64_[k];do_syscall_64_[k];ksys_write_[k];tcp_[k]',
    6,
  ],
  ['weir-0;f.ts send_[j]', 2],
  ['V8Worker;v8::Scavenger_[g];do_syscall_64_[k];__x64_sys_futex_[k]', 1],
  ['weir-0;f.ts send_[j];StringAdd_[b]', 1],
]);

describe('breakdown of a profile', () => {
  it('shares of kinds sum to 1, and what the collector calls is the collector', () => {
    const { kinds, samples } = breakDown(STACKS);
    assert.equal(samples, 10);
    assert.deepEqual(kinds, { kernel: 0.6, native: 0, javascript: 0.2, builtins: 0.1, gc: 0.1 });
    assert.equal(sampleKind([]), 'native');
  });

  it('a function has its own samples and those of what it called, once per stack', () => {
    const counts = new Map([['t;f_[j];g_[j];f_[j]', 3], ...STACKS]);
    const { symbols } = breakDown(counts);
    const send = symbols.find(({ name }) => name === 'f.ts send');
    assert.equal(send?.self, 2 / 13);
    assert.equal(send?.total, 9 / 13);
    assert.equal(symbols.find(({ name }) => name === 'f')?.total, 3 / 13);
  });

  it('kernel time is that of the system call that the entry called', () => {
    const below = (name: string): string =>
      systemCallOf(['a_[n]', 'entry_SYSCALL_64_after_hwframe_[k]', 'do_syscall_64_[k]', name]);
    assert.equal(below('ksys_write_[k]'), 'write');
    assert.equal(below('do_writev_[k]'), 'writev');
    assert.equal(below('__x64_sys_epoll_pwait_[k]'), 'epoll_pwait');
    assert.equal(below('syscall_exit_to_user_mode_[k]'), '(entry)');
    assert.equal(systemCallOf(['a_[n]', 'asm_sysvec_[k]']), '(interrupts)');
    assert.equal(systemCallOf(['a_[n]', 'entry_SYSCALL_64_[k]']), '(entry)');
  });

  it('tables turn shares into microseconds and counts into calls per request', () => {
    const breakdown = breakDown(STACKS);
    assert.deepEqual(kindRows(breakdown, 20)[1], ['kernel', '60.0 %', '12.00']);
    const calls = [
      { name: 'write', calls: 200, errors: 50 },
      { name: 'getpid', calls: 100, errors: 0 },
    ];
    const rows = systemCallRows(breakdown, { tool: 'x', requests: 100, calls }, 20);
    assert.deepEqual(rows[1], ['write', '2.000', '0.500', '60.0 %', '12.00']);
    assert.deepEqual(rows.at(-1), ['getpid', '1.000', '0.000', '', '']);
  });
});
