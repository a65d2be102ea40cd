import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DrainState } from '#src/base/drain-state.ts';
import { BoundUpstreams, MAX_BOUND } from './bound-upstreams.ts';
import { parseLocalAddress } from './local-address.ts';

function setUp() {
  const thread = new DrainState();
  const bound = new BoundUpstreams(thread, ({ host }, drain) => ({
    host,
    drain,
    isClosed: false,
    close() {
      this.isClosed = true;
    },
  }));
  return { bound, thread };
}

test('one is made for each address and port, and kept', () => {
  const { bound } = setUp();
  const first = bound.at({ host: '127.0.0.1', port: 0 });
  assert.equal(bound.at({ host: '127.0.0.1', port: 0 }), first);
  assert.notEqual(bound.at({ host: '127.0.0.1', port: 80 }), first);
  assert.notEqual(bound.at({ host: '::1', port: 0 }), first);
});

test('beyond the bound the first one goes: closed, and what comes back to it is not kept', () => {
  const { bound } = setUp();
  const first = bound.at({ host: '127.0.0.0', port: 0 });
  for (let count = 1; count <= MAX_BOUND; count++) bound.at({ host: `127.0.0.${count}`, port: 0 });
  assert.deepEqual([first.isClosed, first.drain.isDraining], [true, true]);
  assert.notEqual(bound.at({ host: '127.0.0.0', port: 0 }), first);
});

test('closing closes all; what is made while the thread drains keeps nothing', () => {
  const { bound, thread } = setUp();
  const first = bound.at({ host: '127.0.0.1', port: 0 });
  thread.isDraining = true;
  bound.close();
  assert.deepEqual([first.isClosed, first.drain.isDraining], [true, true]);
  assert.equal(bound.at({ host: '127.0.0.1', port: 0 }).drain.isDraining, true);
});

test('an address may have a port', () => {
  assert.deepEqual(parseLocalAddress('127.0.0.1'), { host: '127.0.0.1', port: 0 });
  assert.deepEqual(parseLocalAddress('::1'), { host: '::1', port: 0 });
  assert.deepEqual(parseLocalAddress('[::1]:80'), { host: '::1', port: 80 });
  for (const wrong of [
    '',
    'x',
    'a.test',
    '1.2.3',
    '127.0.0.1:',
    '127.0.0.1:0',
    'unix:/x',
    '[::1]',
  ]) {
    assert.equal(parseLocalAddress(wrong), undefined, wrong);
  }
});
