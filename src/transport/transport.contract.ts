/**
 * What every transport promises, over real sockets: run against each tier, with TCP and with unix
 * sockets. Nothing here knows which tier it talks to.
 */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import { itEnds } from './ending.contract.ts';
import { itDialsAndAccepts } from './endpoints.contract.ts';
import { itGathers } from './gathering.contract.ts';
import { itLends } from './lending.contract.ts';
import {
  connectedPair,
  type Pair,
  type PairOf,
  type Recorder,
  roundTrip,
  type SocketKind,
} from './recorder.contract.ts';
import type { TransportTier } from './transport.ts';

/** Every test of the contract, for one tier and one kind of socket. */
export function itKeepsTheTransportContract(tier: TransportTier, kind: SocketKind): void {
  describe(`${tier} transport over ${kind} sockets`, () => {
    const pairOf = (t: TestContext): Promise<Pair> => connectedPair(tier, kind, t);

    describe('writing', () => itWrites(pairOf));
    describe('gathering', () => itGathers(pairOf, kind));
    describe('lending', () => itLends(pairOf));
    describe('reading', () => itReads(pairOf));
    describe('both at once', () => itRelays(pairOf));
    describe('ending', () => itEnds(pairOf, kind));
    describe('dialing and accepting', () => itDialsAndAccepts(tier, kind, pairOf));
  });
}

function itWrites(pairOf: PairOf): void {
  it('brings text and bytes in the order in which they were queued', async (t) => {
    const { client, server } = await pairOf(t);
    const isOut = client.inside((connection) => {
      connection.queueText('one ');
      connection.queueText('two ');
      connection.queueBytes(Buffer.from('three '));
      connection.queueText('four');
      return connection.flush();
    });
    assert.equal(isOut, true);
    await server.until(() => server.byteCount === 18);
    assert.equal(server.text, 'one two three four');
    server.send(server.text);
    await client.until(() => client.byteCount === 18);
    assert.equal(client.text, 'one two three four');
  });

  it('writes one byte per char of a text, short or long', async (t) => {
    const { client, server } = await pairOf(t);
    const everyByte = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));
    for (const text of [everyByte, everyByte.repeat(200)]) {
      server.text = '';
      const before = server.byteCount;
      client.send(text);
      await server.until(() => server.byteCount === before + text.length);
      assert.equal(server.text, text);
    }
  });

  it('has nothing to write after a flush', async (t) => {
    const { client, server } = await pairOf(t);
    assert.equal(client.connection.flush(), true);
    client.send('once');
    assert.equal(client.connection.flush(), true);
    client.send('.');
    await server.until(() => server.byteCount === 5);
    assert.equal(server.text, 'once.');
  });

  it('says when writes wait, and once when they have all left', async (t) => {
    const pair = await pairOf(t);
    const { client, server } = pair;
    server.connection.holdReading();
    let sent = client.sendUntilQueued();
    assert.equal(client.connection.isQueued, true);
    assert.equal(client.send('more'), false, 'what comes behind waits too');
    sent += 4;
    await roundTrip(pair);
    assert.equal(client.drainCount, 0);
    server.connection.letGoReading();
    await client.until(() => client.drainCount > 0);
    assert.equal(client.connection.isQueued, false);
    await server.until(() => server.byteCount === sent);
    assert.equal(client.drainCount, 1);
    assert.equal(client.send('!'), true);
    await server.until(() => server.byteCount === sent + 1);
    await roundTrip(pair);
    assert.equal(client.drainCount, 1);
  });
}

function itReads(pairOf: PairOf): void {
  it('goes on when every hold was let go, not before', async (t) => {
    const pair = await pairOf(t);
    const { client, server } = pair;
    server.connection.holdReading();
    server.connection.holdReading();
    client.send('held');
    await roundTrip(pair);
    assert.equal(server.text, '');
    server.connection.letGoReading();
    await roundTrip(pair);
    assert.equal(server.text, '');
    server.connection.letGoReading();
    await server.until(() => server.byteCount > 0);
    assert.equal(server.text, 'held');
  });

  it('stops at once when held while bytes are taken, and loses none', async (t) => {
    const pair = await pairOf(t);
    const { client, server } = pair;
    let calls = 0;
    server.onEachBytes = () => {
      calls += 1;
      server.inside((connection) => connection.holdReading());
    };
    const sent = client.sendUntilQueued();
    while (server.byteCount < sent) {
      const before = calls;
      await server.until(() => calls > before);
      assert.equal(calls, before + 1);
      server.inside((connection) => connection.letGoReading());
    }
    assert.equal(server.byteCount, sent);
  });

  it('gives no bytes to a connection that another one holds in the same turn', async (t) => {
    // Both have bytes when the first is told of its own.
    for (const closes of [false, true]) {
      const [one, two] = [await pairOf(t), await pairOf(t)];
      const [a, b] = [one.server, two.server];
      a.onEachBytes = () => b.inside((connection) => connection.holdReading());
      b.onEachBytes = () => a.inside((connection) => connection.holdReading());
      one.client.send('for one');
      two.client.send('for two');
      if (closes) two.client.connection.destroy(); // its end comes with its bytes
      await Promise.race([a, b].map((server) => server.until(() => server.byteCount > 0)));
      await roundTrip(one);
      const [told, held] = a.byteCount > 0 ? [a, b] : [b, a];
      assert.deepEqual([told.byteCount, held.byteCount], [7, 0]);
      assert.deepEqual([held.endCount, held.errnos], [0, []], 'nor does it end before it has them');
      held.onEachBytes = () => undefined;
      const isOver = closes && held === b;
      if (!isOver) (held === a ? one : two).client.send(', more');
      held.inside((connection) => connection.letGoReading());
      const expected = `for ${held === a ? 'one' : 'two'}${isOver ? '' : ', more'}`;
      await held.until(() => held.byteCount >= expected.length);
      assert.equal(held.text, expected);
      if (isOver) await held.until(() => held.endCount > 0);
      await roundTrip(one);
      assert.deepEqual([held.endCount, held.errnos], [isOver ? 1 : 0, []]);
    }
  });

  it('goes on when bytes that had waited are taken with another hold', async (t) => {
    const [one, two] = [await pairOf(t), await pairOf(t)];
    const [a, b] = [one.server, two.server];
    a.onEachBytes = () => b.inside((connection) => connection.holdReading());
    b.onEachBytes = () => a.inside((connection) => connection.holdReading());
    one.client.send('for one');
    two.client.send('for two');
    await Promise.race([a, b].map((server) => server.until(() => server.byteCount > 0)));
    const held = a.byteCount > 0 ? b : a;
    held.onEachBytes = () => {
      held.inside((connection) => connection.holdReading());
      held.inside((connection) => connection.letGoReading());
    };
    held.inside((connection) => connection.letGoReading());
    await held.until(() => held.byteCount === 7);
    await roundTrip(one);
    (held === a ? one : two).client.send('!');
    await held.until(() => held.byteCount + held.errnos.length >= 8);
    await roundTrip(one);
    assert.deepEqual([held.errnos, held.byteCount], [[], 8]);
  });

  it('tells of the end once, behind the last bytes, though these made it hold', async (t) => {
    const pair = await pairOf(t);
    const { client, server } = pair;
    server.onEachBytes = () => server.inside((connection) => connection.holdReading());
    client.send('the last');
    client.inside((connection) => connection.destroy());
    await server.until(() => server.byteCount > 0);
    await roundTrip(pair);
    assert.deepEqual([server.text, server.errnos], ['the last', []]);
    server.inside((connection) => connection.letGoReading());
    await server.until(() => server.endCount > 0);
    await roundTrip(pair);
    assert.deepEqual([server.byteCount, server.endCount, server.errnos], [8, 1, []]);
  });

  it('tells nothing of bytes that had come when it is destroyed from elsewhere', async (t) => {
    const [one, two] = [await pairOf(t), await pairOf(t)];
    const [a, b] = [one.server, two.server];
    a.onEachBytes = () => b.inside((connection) => connection.destroy());
    b.onEachBytes = () => a.inside((connection) => connection.destroy());
    one.client.send('for one');
    two.client.send('for two');
    await Promise.race([a, b].map((server) => server.until(() => server.byteCount > 0)));
    await roundTrip(one);
    assert.equal(a.byteCount + b.byteCount, 7);
  });

  it('reads into a buffer of the owner from the next read on, and back', async (t) => {
    const { client, server } = await pairOf(t);
    const own = Buffer.alloc(4096);
    const seen: Buffer[] = [];
    server.onEachBytes = (bytes) => {
      seen.push(bytes);
      server.connection.readInto(seen.length === 1 ? own : undefined);
    };
    for (const [index, text] of ['first', 'second', 'third'].entries()) {
      client.send(text);
      await server.until(() => seen.length === index + 1);
    }
    assert.equal(server.text, 'firstsecondthird');
    assert.notEqual(seen[0], own);
    assert.equal(seen[1], own);
    assert.equal(seen[2], seen[0]);
    assert.equal(own.toString('latin1', 0, 6), 'second', 'the bytes of the owner stay');
  });

  it('never gives more bytes than the buffer has', async (t) => {
    const { client, server } = await pairOf(t);
    const own = Buffer.alloc(1000);
    server.onEachBytes = (bytes, start, end) => {
      assert.ok(start >= 0 && end > start && end <= bytes.length);
      server.connection.readInto(own);
    };
    client.send('x'.repeat(300_000));
    await server.until(() => server.byteCount === 300_000);
  });
}

/** What goes out in one go: text or bytes, small or large, flushed or left for the next. */
const anyWrites = fc.array(
  fc.record({
    isText: fc.boolean(),
    length: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 400_000 })),
    isFlushed: fc.boolean(),
  }),
  { minLength: 1, maxLength: 30 },
);

/** Sends back what comes; while that waits it reads nothing. */
function echo(owner: Recorder): void {
  let isHeld = false;
  owner.onEachBytes = (bytes, start, end) => {
    assert.equal(isHeld, false, 'bytes while reading is held');
    owner.inside((connection) => {
      connection.queueBytes(Buffer.from(bytes.subarray(start, end)));
      if (connection.flush()) return;
      isHeld = true;
      connection.holdReading();
    });
  };
  owner.onEachDrain = () => {
    assert.equal(isHeld, true, 'drained, and nothing was waiting');
    isHeld = false;
    owner.inside((connection) => connection.letGoReading());
  };
}

function itRelays(pairOf: PairOf): void {
  it('returns any traffic as it was sent, through an echo with backpressure', async (t) => {
    const { client, server } = await pairOf(t);
    echo(server);
    await fc.assert(
      fc.asyncProperty(anyWrites, async (writes) => {
        const [sent, returned] = [createHash('sha1'), createHash('sha1')];
        let sentBytes = 0;
        let returnedBytes = 0;
        client.onEachBytes = (bytes, start, end) => {
          returned.update(bytes.subarray(start, end));
          returnedBytes += end - start;
        };
        for (const [index, { isFlushed, isText, length }] of writes.entries()) {
          const bytes = Buffer.alloc(length, `${index}\xff${length}`, 'latin1');
          sent.update(bytes);
          sentBytes += length;
          client.inside((connection) => {
            if (isText) connection.queueText(bytes.toString('latin1'));
            else connection.queueBytes(bytes);
            if (isFlushed) connection.flush();
          });
        }
        client.inside((connection) => connection.flush());
        await client.until(() => returnedBytes === sentBytes);
        assert.equal(returned.digest('hex'), sent.digest('hex'));
      }),
      { numRuns: 15 },
    );
    assert.deepEqual([client.errnos, server.errnos], [[], []]);
  });
}
