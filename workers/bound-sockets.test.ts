import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, test } from 'node:test';
import type { ListenConfig } from '#src/routing/model.ts';
import { freePort } from '#test/support/free-port.ts';
import { BindError, BoundSockets, NUMBERS_PER_LISTENER } from './bound-sockets.ts';

const place = { file: '/weir.conf', line: 7, column: 1 };

function listen(port: number): ListenConfig {
  const key = `127.0.0.1:${port}`;
  return {
    key,
    address: { kind: 'tcp', host: '127.0.0.1', port },
    ipv6Only: true,
    backlog: 511,
    place,
  };
}

const sockets = new BoundSockets();
after(() => sockets.closeAllBut(new Set()));

test('each thread has a socket of its own; its surplus goes to those that stay', async () => {
  const address = listen(await freePort());
  await sockets.bind([address], 3, 'reuseport');
  const three = sockets.plan([address], 3).shares;
  assert.deepEqual(
    three.map(({ threads }) => threads),
    [[0], [1], [2]],
  );
  await sockets.bind([address], 2, 'reuseport');
  const two = sockets.plan([address], 2).shares;
  assert.deepEqual(
    two.map(({ socket, threads }) => [socket, threads]),
    [0, 1, 2].map((index) => [three[index]?.socket, [index % 2]]),
  );
  const numbers = two.flatMap(({ descriptors }) => descriptors);
  assert.equal(new Set(numbers).size, 3 * NUMBERS_PER_LISTENER);
});

test('a shared queue is one socket for all threads', async () => {
  const address = listen(await freePort());
  await sockets.bind([address], 2, 'shared');
  const { shares, stdio } = sockets.plan([address], 2);
  assert.deepEqual(
    shares.map(({ threads }) => threads),
    [[0, 1]],
  );
  assert.equal(stdio.length, 2 * NUMBERS_PER_LISTENER);
  assert.equal(new Set(stdio).size, 1);
});

test('an address in use is refused with who has it, and nothing is kept', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  t.after(() => other.close());
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const free = listen(await freePort());
  const mine = new BoundSockets();
  await assert.rejects(mine.bind([free, listen(port)], 2, 'reuseport'), (error: Error) => {
    assert.ok(error instanceof BindError);
    assert.match(error.message, /failed \(98: Address already in use\): .*\/weir\.conf:7$/);
    return true;
  });
  assert.deepEqual(mine.keys, []);
});

test('closing gives back what no configuration has', async () => {
  const [stays, goes] = [listen(await freePort()), listen(await freePort())];
  const mine = new BoundSockets();
  await mine.bind([stays, goes], 1, 'reuseport');
  assert.deepEqual(mine.closeAllBut(new Set([stays.key])), [goes.key]);
  assert.deepEqual(mine.keys, [stays.key]);
  mine.closeAllBut(new Set());
});
