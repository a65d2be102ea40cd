/** The part of the transport's contract that is about what is gathered, and when it leaves. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import {
  type Pair,
  type PairOf,
  type Recorder,
  roundTrip,
  type SocketKind,
} from './recorder.contract.ts';

/** Gathers text by `room`, for which more room is asked than is used. */
function gather(owner: Recorder, text: string, spare = 10): void {
  owner.inside((connection) => {
    const out = connection.room(text.length + spare);
    const half = text.length >> 1;
    out.text(text.slice(0, half));
    out.copyBuffer(Buffer.from(text, 'latin1'), half, text.length);
    connection.commit();
  });
}

const flush = (owner: Recorder): boolean => owner.inside((connection) => connection.flush());

/** A text of that length, no two of its parts alike. */
function textOf(length: number, name = 'x'): string {
  let text = '';
  for (let at = 0; text.length < length; at++) text += `${name}${at},`;
  return text.slice(0, length);
}

/** Takes all that comes, however much: the whole text. */
function whole(owner: Recorder): { text: string } {
  const taken = { text: '' };
  owner.onEachBytes = (bytes, start, end) => {
    taken.text += bytes.toString('latin1', start, end);
  };
  return taken;
}

export function itGathers(pairOf: PairOf, kind: SocketKind): void {
  it('brings what `room`, text and bytes gathered, in their order', async (t) => {
    const { client, server } = await pairOf(t);
    gather(client, 'one ');
    gather(client, '');
    client.inside((connection) => connection.queueText('two '));
    client.inside((connection) => connection.queueBytes(Buffer.from('three ')));
    gather(client, 'four ');
    gather(client, 'five ');
    client.inside((connection) => connection.queueBytes(Buffer.from('six ')));
    client.inside((connection) => connection.queueText('seven'));
    assert.equal(flush(client), true);
    await server.until(() => server.byteCount >= 33);
    assert.equal(server.text, 'one two three four five six seven');
  });

  it('brings nothing that was not flushed', async (t) => {
    const pair = await pairOf(t);
    const { client, server } = pair;
    gather(client, 'not yet ');
    await nextTurn();
    await roundTrip(pair);
    assert.equal(server.text, '');
    gather(client, 'now');
    flush(client);
    await server.until(() => server.byteCount === 11);
    assert.equal(server.text, 'not yet now');
  });

  it('brings many flushes of one turn in order', async (t) => {
    const { client, server } = await pairOf(t);
    let expected = '';
    for (let at = 0; at < 100; at++) {
      const text = textOf(at, `${at}.`);
      gather(client, text);
      expected += text;
      assert.equal(flush(client), true);
    }
    await server.until(() => server.byteCount >= expected.length);
    assert.equal(server.text, expected);
  });

  it('brings flushes of many turns in order', async (t) => {
    const { client, server } = await pairOf(t);
    let expected = '';
    for (let turn = 0; turn < 40; turn++) {
      for (let at = 0; at < turn % 4; at++) {
        const text = `${turn}.${at} `;
        gather(client, text);
        expected += text;
        flush(client);
      }
      await nextTurn();
    }
    await server.until(() => server.byteCount >= expected.length);
    assert.equal(server.text, expected);
  });

  for (const length of [4_095, 4_096, 4_097, 70_000, 262_143, 262_144, 262_145, 1_000_000]) {
    it(`brings ${length} bytes, gathered at once or little by little`, async (t) => {
      for (const pieceLength of [length, 1_000]) {
        const { client, server } = await pairOf(t);
        const [taken, expected] = [whole(server), textOf(length)];
        for (let at = 0; at < length; at += pieceLength) {
          gather(client, expected.slice(at, at + pieceLength), 0);
        }
        flush(client);
        await server.until(() => server.byteCount >= length);
        assert.ok(taken.text === expected, 'other bytes than were sent');
      }
    });
  }

  for (const length of [300, 3_000, 100_000]) {
    it(`keeps two connections apart that gather ${length} bytes by turns`, async (t) => {
      const { client, server } = await pairOf(t);
      const [atServer, atClient] = [whole(server), whole(client)];
      let [fromClient, fromServer] = ['', ''];
      for (let at = 0; at < 20; at++) {
        const [mine, yours] = [textOf(length, `c${at}.`), textOf(length, `s${at}.`)];
        gather(client, mine);
        gather(server, yours);
        if (at % 3 === 0) flush(server);
        if (at % 7 === 0) flush(client);
        if (at % 11 === 10) await nextTurn();
        fromClient += mine;
        fromServer += yours;
      }
      flush(client);
      flush(server);
      await server.until(() => server.byteCount >= fromClient.length);
      await client.until(() => client.byteCount >= fromServer.length);
      assert.ok(atServer.text === fromClient, 'the server got other bytes');
      assert.ok(atClient.text === fromServer, 'the client got other bytes');
    });
  }

  for (const how of ['destroy', 'reset', 'end'] as const) {
    it(`brings what was flushed in the turn of ${how}`, async (t) => {
      const { client, server } = await pairOf(t);
      gather(client, 'first ');
      flush(client);
      gather(client, 'second');
      flush(client);
      client.inside((connection) => connection[how]());
      await server.until(() => server.endCount + server.errnos.length > 0);
      assert.equal(server.text, 'first second');
      const wasReset = how === 'reset' && kind === 'tcp';
      assert.deepEqual(server.errnos, wasReset ? ['ECONNRESET'] : []);
    });
  }

  it('sends what was gathered, flushed or not, in front of the end', async (t) => {
    const { client, server } = await pairOf(t);
    gather(client, 'flushed ');
    flush(client);
    gather(client, 'gathered');
    client.inside((connection) => connection.end());
    await server.until(() => server.endCount > 0);
    assert.equal(server.text, 'flushed gathered');
  });

  it('lets a connection go that has gathered and is destroyed; others lose nothing', async (t) => {
    const [gone, pair] = [await pairOf(t), await pairOf(t)];
    gather(pair.client, 'first ');
    gather(gone.client, 'never to be seen');
    gather(pair.client, 'second ');
    gone.client.inside((connection) => connection.destroy());
    gather(pair.client, 'third');
    gather(gone.client, 'after the end');
    assert.equal(flush(gone.client), true);
    flush(pair.client);
    await pair.server.until(() => pair.server.byteCount >= 18);
    assert.equal(pair.server.text, 'first second third');
    await roundTrip(gone);
    assert.equal(gone.server.text, '');
  });

  it('keeps what waits for a slow peer as it was, whatever others gather meanwhile', async (t) => {
    const [slow, other] = [await pairOf(t), await pairOf(t)];
    const taken = whole(slow.server);
    slow.server.connection.holdReading();
    let expected = '';
    // Small ones too, so that the one that has to wait is one of them.
    for (let at = 0; !slow.client.connection.isQueued; at++) {
      const text = textOf(at % 2 === 0 ? 4_000 : 60_000, `${at}.`);
      gather(slow.client, text);
      expected += text;
      flush(slow.client);
      await nextTurn();
    }
    for (let at = 0; at < 10; at++) {
      const text = textOf(2_000, `w${at}.`);
      gather(slow.client, text);
      expected += text;
      assert.equal(flush(slow.client), false);
      gather(other.client, '#'.repeat(at % 2 === 0 ? 4_000 : 100_000));
      flush(other.client);
      await nextTurn();
    }
    slow.server.connection.letGoReading();
    await slow.server.until(() => slow.server.byteCount >= expected.length);
    assert.ok(taken.text === expected, 'other bytes than were sent');
  });

  it('tells of drained writes only when a flush had said that they wait', async (t) => {
    const pair = await pairOf(t);
    const { client, server } = pair;
    server.connection.holdReading();
    let [sent, wasOut] = [0, true];
    while (!client.connection.isQueued) {
      wasOut = client.send('x'.repeat(4_000));
      sent += 4_000;
      await nextTurn();
    }
    server.connection.letGoReading();
    await server.until(() => server.byteCount === sent);
    await roundTrip(pair);
    assert.equal(client.drainCount, wasOut ? 0 : 1);
  });

  it('breaks once, and later, when what was flushed cannot leave at the end of the turn', async (t) => {
    const pair = await pairOf(t);
    const { client, server } = pair;
    server.connection.holdReading(); // or the read would find out first
    client.inside((connection) => connection.reset());
    await roundTrip(pair);
    for (let turn = 0; turn < 100 && server.errnos.length === 0; turn++) {
      gather(server, 'anyone there?');
      flush(server);
      await roundTrip(pair);
    }
    assert.match(server.errnos.join(), /^(EPIPE|ECONNRESET)$/);
    assert.equal(server.drainCount, 0);
  });

  it('brings any traffic of several connections as it was gathered', async (t) => {
    const pairs: Pair[] = [await pairOf(t), await pairOf(t), await pairOf(t)];
    const step = fc.record({
      which: fc.nat(2),
      how: fc.constantFrom('room', 'text', 'bytes'),
      length: fc.oneof(fc.nat(200), fc.nat(5_000), fc.nat(300_000)),
      isFlushed: fc.boolean(),
      endsTurn: fc.nat(4).map((one) => one === 0),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const taken = pairs.map(({ server }) => whole(server));
        const expected = ['', '', ''];
        for (const [at, { endsTurn, how, isFlushed, length, which }] of steps.entries()) {
          const { client } = pairs[which] as Pair;
          const text = textOf(length, `${at}\xff`);
          expected[which] += text;
          if (how === 'room') gather(client, text);
          else if (how === 'text') client.inside((connection) => connection.queueText(text));
          else client.inside((connection) => connection.queueBytes(Buffer.from(text, 'latin1')));
          if (isFlushed) flush(client);
          if (endsTurn) await nextTurn();
        }
        for (const { client } of pairs) flush(client);
        for (const [at, { server }] of pairs.entries()) {
          const length = expected[at]?.length ?? 0;
          await server.until(() => (taken[at]?.text.length ?? 0) >= length);
          assert.ok(taken[at]?.text === expected[at], `pair ${at} got other bytes`);
        }
      }),
      { numRuns: 15 },
    );
    for (const { client, server } of pairs) {
      assert.deepEqual([client.errnos, server.errnos], [[], []]);
    }
  });
}
