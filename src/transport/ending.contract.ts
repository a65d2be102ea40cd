/** The part of the transport's contract that is about ends, breaks and what comes after. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type PairOf, roundTrip, type SocketKind } from './recorder.contract.ts';

export function itEnds(pairOf: PairOf, kind: SocketKind): void {
  it('closes its own side only: the other may still write', async (t) => {
    const pair = await pairOf(t);
    const { client, server } = pair;
    client.inside((connection) => connection.end());
    await server.until(() => server.endCount > 0);
    server.send('late');
    await client.until(() => client.byteCount === 4);
    server.inside((connection) => connection.end());
    await client.until(() => client.endCount > 0);
    await roundTrip(pair);
    assert.deepEqual([server.endCount, client.endCount], [1, 1]);
    assert.deepEqual([server.errnos, client.errnos], [[], []], 'an end is not a break');
  });

  it('sends the end behind what is queued', async (t) => {
    const { client, server } = await pairOf(t);
    server.connection.holdReading();
    const sent = client.sendUntilQueued();
    client.inside((connection) => {
      connection.queueText('last');
      connection.end();
    });
    server.connection.letGoReading();
    await server.until(() => server.endCount > 0);
    assert.equal(server.byteCount, sent + 4);
  });

  it('tells the peer of a reset', async (t) => {
    const { client, server } = await pairOf(t);
    server.inside((connection) => connection.reset());
    await client.until(() => client.errnos.length + client.endCount > 0);
    // A unix socket has no RST: its peer sees an end.
    if (kind === 'tcp') assert.deepEqual(client.errnos, ['ECONNRESET']);
  });

  it('never lets a reset look like an end, when that waits behind what is queued', async (t) => {
    const { client, server } = await pairOf(t);
    client.connection.holdReading();
    const sent = server.sendUntilQueued();
    server.inside((connection) => {
      connection.end();
      connection.reset();
    });
    client.inside((connection) => connection.letGoReading());
    await client.until(() => client.errnos.length + client.endCount > 0);
    if (kind === 'tcp')
      assert.deepEqual(client.errnos, ['ECONNRESET'], `${client.byteCount} of ${sent}`);
  });

  it('closes when it is reset right behind its end', async (t) => {
    const pair = await pairOf(t);
    const { client, server } = pair;
    server.inside((connection) => {
      connection.end();
      connection.reset();
    });
    await client.until(() => client.errnos.length + client.endCount > 0);
    for (let turn = 0; turn < 100 && client.errnos.length === 0; turn++) {
      client.send('anyone there?');
      await roundTrip(pair);
    }
    assert.match(client.errnos.join(), /^(EPIPE|ECONNRESET)$/);
  });

  it('breaks once, and later, when it writes to a peer that is gone', async (t) => {
    const pair = await pairOf(t);
    const { client, server } = pair;
    server.connection.holdReading(); // or the read would find out first
    client.inside((connection) => connection.reset());
    for (let turn = 0; turn < 100 && server.errnos.length === 0; turn++) {
      server.send('anyone there?');
      await roundTrip(pair);
    }
    assert.match(server.errnos.join(), /^(EPIPE|ECONNRESET)$/);
    server.send('again');
    server.inside((connection) => connection.letGoReading());
    await roundTrip(pair);
    assert.equal(server.errnos.length, 1);
    assert.equal(server.drainCount, 0);
  });

  it('breaks once when writes were waiting for a peer that is gone', async (t) => {
    const pair = await pairOf(t);
    const { client, server } = pair;
    client.connection.holdReading();
    server.sendUntilQueued();
    server.sendUntilQueued();
    client.inside((connection) => connection.reset());
    await server.until(() => server.errnos.length > 0);
    await roundTrip(pair);
    assert.match(server.errnos.join(), /^(EPIPE|ECONNRESET)$/);
    assert.equal(server.drainCount, 0);
  });

  for (const how of ['destroy', 'reset'] as const) {
    it(`tells its owner nothing after ${how}`, async (t) => {
      const pair = await pairOf(t);
      const { client, server } = pair;
      let calls = 0;
      server.onEachBytes = () => {
        calls += 1;
        server.inside((connection) => connection[how]());
      };
      server.send('for the client');
      client.sendUntilQueued();
      await server.until(() => calls > 0);
      client.connection.destroy();
      await roundTrip(pair);
      assert.equal(calls, 1);
      assert.deepEqual([server.endCount, server.drainCount, server.errnos], [0, 0, []]);
    });
  }

  it('tells its owner nothing of writes that were waiting when it was destroyed', async (t) => {
    const pair = await pairOf(t);
    const { client, server } = pair;
    server.connection.holdReading();
    client.sendUntilQueued();
    client.inside((connection) => connection.destroy());
    server.connection.letGoReading();
    await server.until(() => server.endCount + server.errnos.length > 0);
    await roundTrip(pair);
    assert.deepEqual([client.endCount, client.drainCount, client.errnos], [0, 0, []]);
  });

  it('takes every call after it was destroyed, and does nothing', async (t) => {
    const pair = await pairOf(t);
    const { client } = pair;
    client.connection.destroy();
    client.inside((connection) => {
      connection.queueText('nobody');
      connection.queueBytes(Buffer.from('reads this'));
      assert.equal(connection.flush(), true);
      connection.holdReading();
      connection.letGoReading();
      connection.end();
      connection.reset();
      connection.destroy();
    });
    await roundTrip(pair);
    assert.deepEqual([client.endCount, client.drainCount, client.errnos], [0, 0, []]);
  });

  // Between unix sockets there is no reset.
  if (kind === 'tcp') {
    it('is broken, never at its end, when a write fails while reading is held, and is let go then', async (t) => {
      const pair = await pairOf(t);
      const { client, server } = pair;
      server.connection.holdReading();
      await nextTurn(); // behind what is read in this turn, in front of what is read in the next
      client.inside((connection) => connection.reset());
      server.inside((connection) => {
        connection.queueText('anyone there?');
        connection.flushNow(); // is told of the reset, and nobody else will be
        connection.letGoReading();
      });
      await server.until(() => server.endCount + server.errnos.length > 0);
      await roundTrip(pair);
      assert.deepEqual([server.endCount, server.errnos.length], [0, 1]);
    });
  }
}
