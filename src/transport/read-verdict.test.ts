// What a read without bytes means, also when errno says something else than the kernel did.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { constants } from 'node:os';
import { describe, it, type TestContext } from 'node:test';
import { acceptFast } from './fast-endpoints.ts';
import { FastTransport } from './fast-transport.ts';
import { detectNativeCalls, type NativeCalls } from './native-calls.ts';
import { detectRawHandles, type RawBindings } from './raw-handles.ts';
import { READ_BUFFER_BYTES } from './read-buffer.ts';
import {
  brokenBy,
  READ_AGAIN,
  READ_BROKEN,
  READ_END,
  READ_NOTHING,
  verdictOf,
} from './read-verdict.ts';
import { Readiness } from './readiness.ts';
import { BACKLOG, bind, Recorder } from './recorder.contract.ts';

const { EAGAIN, ECONNRESET, EINTR, ENOENT, ETIMEDOUT } = constants.errno;

describe('a read without bytes', () => {
  const cases: [what: string, length: number, isEnd: boolean, before: boolean, is: number][] = [
    ['the end', 0, true, false, READ_END],
    ['an end of which the kernel told only later', 0, false, false, READ_END],
    ['nothing there', -EAGAIN, false, false, READ_NOTHING],
    ['a signal', -EINTR, false, false, READ_AGAIN],
    ['a reset', -ECONNRESET, true, false, READ_BROKEN],
    ['a reset of which the kernel told only later', -ECONNRESET, false, false, READ_BROKEN],
    ['no errno of a read', -ENOENT, false, false, READ_AGAIN],
    ['nothing there, though the kernel says end', -EAGAIN, true, false, READ_AGAIN],
    ['nothing there again', -EAGAIN, true, true, READ_NOTHING],
    ['an end behind what was not understood', 0, true, true, READ_BROKEN],
    ['a reset behind what was not understood', -ECONNRESET, true, true, READ_BROKEN],
    ['no errno of a read twice', -ENOENT, true, true, READ_BROKEN],
  ];
  for (const [what, length, isEnd, wasDoubtful, expected] of cases) {
    it(`is right about ${what}`, () => {
      assert.equal(verdictOf(length, isEnd, wasDoubtful), expected);
    });
  }

  it('is told by its errno, or as a reset when that was lost', () => {
    assert.equal(brokenBy(-ETIMEDOUT), -ETIMEDOUT);
    assert.equal(brokenBy(-ENOENT), -ECONNRESET);
    assert.equal(brokenBy(0), -ECONNRESET);
  });
});

/** One connection of which every failed read leaves another errno than its own. */
async function overwritten(
  t: TestContext,
  errno: number,
): Promise<{ here: Recorder; there: Socket }> {
  const [raw, calls] = [detectRawHandles() as RawBindings, detectNativeCalls() as NativeCalls];
  const recv: NativeCalls['recv'] = (...given) => {
    const length = calls.recv(...given);
    if (length < 0) calls.errno[0] = errno;
    return length;
  };
  const transport = new FastTransport(raw, { ...calls, recv }, new Readiness(calls, raw));
  const { address, fd } = bind('tcp', t);
  const { promise, resolve } = Promise.withResolvers<Recorder>();
  const acceptor = acceptFast(transport, fd, false, BACKLOG, {
    onAccepted: (connection) => resolve(new Recorder(connection)),
    onAcceptFailed: (code) => assert.fail(code),
  });
  assert.ok(address.kind === 'tcp');
  const there = connect(address.port, address.host);
  await once(there, 'connect');
  const here = await promise;
  t.after(() => {
    acceptor.close();
    here.connection.destroy();
    there.destroy();
  });
  return { here, there };
}

describe('a connection whose errno was overwritten', () => {
  for (const [name, errno] of [
    ['ENOENT', ENOENT],
    ['EAGAIN', EAGAIN],
  ] as const) {
    it(`(${name}) reads on where there was only nothing to read`, async (t) => {
      const { here, there } = await overwritten(t, errno);
      // As long as the buffer: the second read finds nothing.
      for (let round = 1; round <= 3; round++) {
        there.write(Buffer.alloc(READ_BUFFER_BYTES, round));
        await here.until(() => here.byteCount === round * READ_BUFFER_BYTES);
      }
      there.end('last');
      await here.until(() => here.endCount + here.errnos.length > 0);
      assert.equal(here.byteCount, 3 * READ_BUFFER_BYTES + 4);
    });

    it(`(${name}) never takes a reset for an end`, async (t) => {
      const { here, there } = await overwritten(t, errno);
      there.write('half an answer');
      await here.until(() => here.byteCount === 14);
      there.resetAndDestroy();
      await here.until(() => here.endCount + here.errnos.length > 0);
      assert.deepEqual([here.endCount, here.errnos], [0, ['ECONNRESET']]);
    });
  }
});
