// The options of listening sockets, as the kernel says that they are.

import assert from 'node:assert/strict';
import { BoundSocket } from 'node:net';
import { test } from 'node:test';
import { nativeFunctions } from '#src/base/native-functions.ts';
import { setSocketOptions } from './socket-options.ts';

/** getsockopt(2) of a number. */
function option(descriptor: number, level: number, name: number): number {
  const native = nativeFunctions({
    getsockopt: { return: 'int32', arguments: ['int32', 'int32', 'int32', 'buffer', 'buffer'] },
  });
  const value = Buffer.alloc(4);
  const length = Buffer.from([4, 0, 0, 0]);
  assert.equal(native?.call('getsockopt', descriptor, level, name, value, length), 0);
  return value.readInt32LE();
}

test('what listen says of a socket is set, and the rest left alone', (t) => {
  const bound = new BoundSocket({ host: '127.0.0.1', port: 0 });
  t.after(() => bound.close());
  const fd = bound.fd();
  const usual = option(fd, 6, 5);
  assert.deepEqual(setSocketOptions(fd, {}), []);
  const lines = setSocketOptions(fd, {
    keepalive: { isOn: true, idleSec: 1800, count: 10 },
    receiveBytes: 65_536,
    sendBytes: 32_768,
    isDeferred: true,
    fastopen: 7,
  });
  assert.deepEqual(lines, []);
  assert.equal(option(fd, 1, 9), 1); // SO_KEEPALIVE
  assert.deepEqual([option(fd, 6, 4), option(fd, 6, 5), option(fd, 6, 6)], [1800, usual, 10]);
  assert.equal(option(fd, 1, 8), 2 * 65_536); // Linux doubles both, for what it needs itself
  assert.equal(option(fd, 1, 7), 2 * 32_768);
  assert.ok(option(fd, 6, 9) > 0); // TCP_DEFER_ACCEPT
  assert.equal(option(fd, 6, 23), 7); // TCP_FASTOPEN
  assert.deepEqual(setSocketOptions(fd, { keepalive: { isOn: false } }), []);
  assert.equal(option(fd, 1, 9), 0);
});

test('an option that cannot be set is one line, and no more', () => {
  assert.deepEqual(setSocketOptions(1_000_000, { isDeferred: true, sendBytes: 1 }), [
    'setsockopt(SO_SNDBUF, 1) failed (9: bad file descriptor)',
    'setsockopt(TCP_DEFER_ACCEPT, 1) failed (9: bad file descriptor)',
  ]);
});
