import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { foldedText, StackFolder, unfoldedFrame } from './folded-stacks.ts';
import { describeFrame, nativeName } from './frames.ts';

const NODE = '/opt/node/bin/node';

function fold(text: string): Map<string, number> {
  const folder = new StackFolder();
  for (const line of text.split('\n')) folder.add(line);
  folder.end();
  return folder.counts;
}

describe('frames of perf', () => {
  const cases: [string, string, string, string | undefined, string | undefined][] = [
    ['kernel', 'tcp_ack', '[kernel.kallsyms]', 'tcp_ack', 'kernel'],
    ['vdso', '__vdso_clock_gettime', '[vdso]', '__vdso_clock_gettime', 'native'],
    ['kernel module', 'nft_do_chain', '/lib/modules/6/nf_tables.ko', 'nft_do_chain', 'kernel'],
    ['no object: no frame', '[unknown]', '[unknown]', undefined, undefined],
    ['stripped program', '[unknown]', '/usr/sbin/nginx', '[nginx]', 'native'],
    [
      'optimised function of ours',
      "JS:*'#take file:///work/main/src/upstream/pool/h1-connection.ts:222:8",
      '/tmp/perf-1.map',
      'h1-connection.ts #take',
      'javascript',
    ],
    [
      'function of node in baseline code',
      'JS:^processTimers node:internal/timers:603:25',
      '/tmp/perf-1.map',
      'node:internal/timers processTimers ^',
      'javascript',
    ],
    [
      'function without a name, interpreted',
      'JS:~ file:///a/b.ts:1:2',
      '/tmp/perf-1.map',
      'b.ts (anonymous) ~',
      'javascript',
    ],
    ['getter', 'JS:*get size file:///a/b.ts:1:2', '/tmp/perf-1.map', 'b.ts get size', 'javascript'],
    ['builtin', 'Builtins_StringAdd_CheckNone', NODE, 'StringAdd_CheckNone', 'builtins'],
    ['collector', 'v8::internal::Heap::Scavenge', NODE, 'v8::internal::Heap::Scavenge', 'gc'],
    ['native', 'uv__io_poll', NODE, 'uv__io_poll', 'native'],
  ];
  for (const [what, symbol, object, name, kind] of cases) {
    it(`${what}: ${symbol}`, () => {
      assert.deepEqual(
        describeFrame(symbol, object),
        name === undefined ? undefined : { name, kind },
      );
    });
  }

  it('C++ names lose template arguments and parameters', () => {
    const thunk =
      'non-virtual thunk to node::LibuvStreamWrap::DoTryWrite(uv_buf_t**, unsigned long*)';
    assert.equal(nativeName(thunk), 'non-virtual thunk to node::LibuvStreamWrap::DoTryWrite');
    assert.equal(
      nativeName('v8::internal::(anonymous namespace)::Invoke'),
      'v8::internal::{anonymous}::Invoke',
    );
    const method =
      'node::StreamBase::JSMethod<&(int node::StreamBase::WriteString<(node::encoding)4>(v8::FunctionCallbackInfo<v8::Value> const&))>';
    assert.equal(nativeName(method), 'node::StreamBase::JSMethod');
    const mangled = '_ZN2v88internal6String11SlowFlattenINS0_12DirectHandleE';
    assert.equal(nativeName(mangled), 'v8::internal::String::SlowFlatten');
  });
});

describe('folding of perf script', () => {
  const sample = (thread: string): string =>
    `${thread} 15224 \n\tffffffff8162 tcp_ack ([kernel.kallsyms])\n\t  1632 Builtins_JSEntry (${NODE})\n`;

  it('adds up equal stacks, outermost frame first, below the thread', () => {
    const counts = fold(`${sample('weir-0')}\n${sample('weir-0')}\n`);
    assert.deepEqual([...counts], [['weir-0;JSEntry_[b];tcp_ack_[k]', 2]]);
  });

  it('a sample without a stack counts for its thread, also without an empty line behind it', () => {
    const counts = fold(`nginx 1 \n${sample('nginx')}`);
    assert.deepEqual(
      [...counts],
      [
        ['nginx', 1],
        ['nginx;JSEntry_[b];tcp_ack_[k]', 1],
      ],
    );
  });

  it('threads of a pool are one thread, and names with spaces are whole', () => {
    const counts = fold(
      `${sample('V8Worker-1')}\n${sample('V8Worker-2')}\n${sample('weir master')}`,
    );
    assert.deepEqual(
      [...counts].map(([stack, count]) => [stack.split(';')[0], count]),
      [
        ['V8Worker', 2],
        ['weir master', 1],
      ],
    );
  });

  it('objects with parentheses in their names are read', () => {
    const counts = fold('a 1 \n\t 12 main (/usr/bin/node (deleted))\n');
    assert.deepEqual([...counts.keys()], ['a;main_[n]']);
  });

  it('the text of a stack is read back', () => {
    assert.equal(foldedText(new Map([['a;b_[k]', 3]])), 'a;b_[k] 3\n');
    assert.deepEqual(unfoldedFrame('b_[k]'), { name: 'b', kind: 'kernel' });
    assert.deepEqual(unfoldedFrame('operator[]'), { name: 'operator[]', kind: 'native' });
  });
});
