/** The part of the transport's contract that is about bytes that go on from where they were read. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import type { Connection } from './connection.ts';
import { dial, type Pair, type PairOf, Recorder } from './recorder.contract.ts';

/** What a relay does with bytes that have come; it gives the text that is to arrive for them. */
type Relaying = (to: Connection, bytes: Buffer, start: number, end: number) => string;

/** source ──▶ relay ──▶ target, both on one transport. */
class Relay {
  readonly source: Recorder;
  readonly #incoming: Recorder;
  readonly outgoing: Recorder;
  readonly target: Recorder;
  #expected = '';
  #taken = '';

  private constructor(pair: Pair, outgoing: Recorder, target: Recorder) {
    this.source = pair.client;
    this.#incoming = pair.server;
    this.outgoing = outgoing;
    this.target = target;
    target.onEachBytes = (bytes, start, end) => {
      this.#taken += bytes.toString('latin1', start, end);
    };
  }

  static async open(pair: Pair, relaying: Relaying): Promise<Relay> {
    const { listening, server } = pair;
    const outgoing = new Recorder(await dial(listening.transport, listening.address));
    const relay = new Relay(pair, outgoing, new Recorder(await listening.next()));
    server.onEachBytes = (bytes, start, end) =>
      outgoing.inside((to) => {
        relay.#expected += relaying(to, bytes, start, end);
      });
    return relay;
  }

  /** The relay has been given so much. */
  async reads(length: number): Promise<void> {
    await this.#incoming.until(() => this.#incoming.byteCount >= length);
    await nextTurn();
  }

  /** Everything arrives as it was relayed, once it is flushed. */
  async arrives(): Promise<void> {
    this.outgoing.inside((to) => to.flush());
    await this.target.until(() => this.#taken.length >= this.#expected.length);
    assert.ok(this.#taken === this.#expected, 'the target got other bytes');
    this.outgoing.connection.destroy();
    this.target.connection.destroy();
  }
}

/** A text of that length, no two of its parts alike. */
function textOf(length: number, name: string): string {
  let text = '';
  for (let at = 0; text.length < length; at++) text += `${name}${at},`;
  return text.slice(0, length);
}

function gather(to: Connection, text: string): string {
  to.room(text.length + 10).text(text);
  to.commit();
  return text;
}

function lend(to: Connection, bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('latin1', start, end);
  to.lendBytes(bytes, start, end);
  return text;
}

export function itLends(pairOf: PairOf): void {
  for (const headLength of [0, 1, 300, 4_096, 4_097, 20_000]) {
    it(`relays bytes behind a head of ${headLength}`, async (t) => {
      for (const length of [100, 4_096, 4_097, 16_384, 65_536, 300_000]) {
        const relay = await Relay.open(await pairOf(t), (to, bytes, start, end) => {
          const text = gather(to, textOf(headLength, 'h')) + lend(to, bytes, start, end);
          to.flush();
          return text;
        });
        relay.source.send(textOf(length, 'b'));
        await relay.reads(length);
        await relay.arrives();
      }
    });
  }

  it('keeps what was lent and not flushed in time', async (t) => {
    const relay = await Relay.open(await pairOf(t), (to, bytes, start, end) => {
      return gather(to, 'head ') + lend(to, bytes, start, end);
    });
    relay.source.send(textOf(50_000, 'one'));
    await relay.reads(50_000);
    relay.source.send(textOf(60_000, 'two'));
    await relay.reads(110_000);
    await relay.arrives();
  });

  it('keeps nothing of what was lent to a connection that is destroyed', async (t) => {
    const [pair, other] = [await pairOf(t), await pairOf(t)];
    const relay = await Relay.open(pair, (to, bytes, start, end) => {
      lend(to, bytes, start, end);
      to.destroy();
      return '';
    });
    relay.source.send(textOf(50_000, 'one'));
    await relay.target.until(() => relay.target.endCount > 0);
    assert.equal(relay.target.text, '');
    assert.equal(other.client.send('untouched'), true);
    await other.server.until(() => other.server.byteCount === 9);
    assert.equal(other.server.text, 'untouched');
  });

  it('keeps what waits for a slow peer as it was read', async (t) => {
    const relay = await Relay.open(await pairOf(t), (to, bytes, start, end) => {
      const text = gather(to, 'head ') + lend(to, bytes, start, end);
      to.flush();
      return text;
    });
    relay.target.connection.holdReading();
    let sent = 0;
    for (let at = 0; !relay.outgoing.connection.isQueued; at++) {
      const text = textOf(60_000, `${at}.`);
      relay.source.send(text);
      sent += text.length;
      await relay.reads(sent);
    }
    for (let at = 0; at < 5; at++) {
      relay.source.send(textOf(30_000, `w${at}.`));
      sent += 30_000;
      await relay.reads(sent);
    }
    relay.target.connection.letGoReading();
    await relay.arrives();
  });

  it('brings any traffic as it was gathered, lent or queued', async (t) => {
    const piece = fc.record({
      how: fc.constantFrom('lend', 'lend', 'room', 'text', 'bytes'),
      share: fc.integer({ min: 1, max: 10 }),
      head: fc.oneof(fc.constant(0), fc.nat(300), fc.nat(6_000)),
      isFlushed: fc.boolean(),
    });
    const message = fc.integer({ min: 1, max: 80_000 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { minLength: 1, maxLength: 12 }),
        fc.array(piece, { minLength: 1, maxLength: 8 }),
        async (messages, pieces) => {
          let step = 0;
          const relay = await Relay.open(await pairOf(t), (to, bytes, start, end) => {
            let [at, text] = [start, ''];
            while (at < end) {
              const { head, how, isFlushed, share } = pieces[step++ % pieces.length] as PieceOf;
              const stop = Math.min(end, at + Math.ceil(((end - start) * share) / 10));
              if (head > 0) text += gather(to, textOf(head, `h${step}.`));
              text += bytes.toString('latin1', at, stop);
              if (how === 'lend') to.lendBytes(bytes, at, stop);
              else if (how === 'room') gather(to, bytes.toString('latin1', at, stop));
              else if (how === 'text') to.queueText(bytes.toString('latin1', at, stop));
              else to.queueBytes(Buffer.from(bytes.subarray(at, stop)));
              if (isFlushed) to.flush();
              at = stop;
            }
            return text;
          });
          let sent = 0;
          for (const length of messages) {
            relay.source.send(textOf(length, `m${sent}.`));
            sent += length;
            if (length % 3 > 0) await nextTurn();
          }
          await relay.reads(sent);
          await relay.arrives();
        },
      ),
      { numRuns: 40 },
    );
  });
}

interface PieceOf {
  readonly head: number;
  readonly how: string;
  readonly isFlushed: boolean;
  readonly share: number;
}
