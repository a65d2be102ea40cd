import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Inbox, type Reader } from './inbox.ts';
import { threadReadBuffer } from './read-buffer.ts';

/** Takes its bytes down, and itself in a list that it shares with others. */
class Notes implements Reader {
  readonly texts: string[] = [];
  unreadCount = 0;
  writeCount = 0;
  readonly #log: Notes[];

  constructor(log: Notes[] = []) {
    this.#log = log;
  }

  onRead(bytes: Buffer, start: number, end: number): void {
    this.texts.push(bytes.toString('latin1', start, end));
    this.#log.push(this);
  }
}

/** A read into the thread's buffer, which the next one overwrites. */
function read(inbox: Inbox, reader: Reader, text: string): boolean {
  const isTaken = inbox.take(reader, threadReadBuffer.write(text, 'latin1'));
  threadReadBuffer.fill('#', 0, text.length);
  return isTaken;
}

describe('an inbox', () => {
  it('hands on at the end of the turn what was read in it, in its order', async () => {
    const [inbox, log] = [new Inbox(), [] as Notes[]];
    const [one, other] = [new Notes(log), new Notes(log)];
    for (const [reader, text] of [
      [one, 'a'],
      [other, 'b\xff'],
      [one, 'c'.repeat(600)],
    ] as const) {
      assert.equal(read(inbox, reader, text), true);
    }
    assert.deepEqual(log, []);
    await nextTurn();
    assert.deepEqual([one.texts, other.texts], [['a', 'c'.repeat(600)], ['b\xff']]);
    assert.deepEqual(log, [one, other, one]);
    await nextTurn();
    assert.equal(log.length, 3);
  });

  it('takes reads of up to 4 KB, of every length', () => {
    const inbox = new Inbox();
    for (const length of [1, 7, 8, 9, 512, 513, 4_095, 4_096, 4_097]) {
      const notes = new Notes();
      assert.equal(read(inbox, notes, 'x'.repeat(length)), length <= 4_096);
      inbox.run();
      assert.deepEqual(notes.texts, length <= 4_096 ? ['x'.repeat(length)] : []);
    }
  });

  it('loses nothing when more is read in a turn than it holds, few or many', async () => {
    for (const [count, length] of [
      [1_000, 3],
      [60, 4_096],
      [257, 1],
    ] as const) {
      const [inbox, notes] = [new Inbox(), new Notes()];
      for (let at = 0; at < count; at++) {
        assert.equal(
          read(inbox, notes, String(at).padStart(4, '0').slice(-length).padEnd(length, 'x')),
          true,
        );
      }
      await nextTurn();
      const expected = Array.from({ length: count }, (_, at) =>
        String(at).padStart(4, '0').slice(-length).padEnd(length, 'x'),
      );
      assert.deepEqual(notes.texts, expected);
    }
  });

  it('hands on at once when it is asked to, and not again', async () => {
    const [inbox, notes] = [new Inbox(), new Notes()];
    read(inbox, notes, 'a');
    inbox.run();
    assert.deepEqual(notes.texts, ['a']);
    inbox.run();
    read(inbox, notes, 'b');
    await nextTurn();
    assert.deepEqual(notes.texts, ['a', 'b']);
  });

  it('costs no other its bytes when a reader throws, then or later', () => {
    const inbox = new Inbox();
    const notes = new Notes();
    const thrower = new Notes();
    thrower.onRead = () => {
      throw new Error('one bad exchange');
    };
    read(inbox, notes, 'first');
    read(inbox, thrower, 'bad');
    read(inbox, notes, 'behind it');
    assert.throws(() => inbox.run(), /one bad exchange/);
    inbox.run();
    read(inbox, notes, 'later');
    inbox.run();
    assert.deepEqual(notes.texts, ['first', 'behind it', 'later']);
    assert.equal(notes.unreadCount, 0);
  });

  it('counts the reads of each that were not handed on', () => {
    const inbox = new Inbox();
    const [a, b] = [new Notes(), new Notes()];
    read(inbox, a, 'one');
    read(inbox, a, 'two');
    read(inbox, b, 'three');
    assert.deepEqual([a.unreadCount, b.unreadCount], [2, 1]);
    inbox.run();
    assert.deepEqual([a.unreadCount, b.unreadCount], [0, 0]);
  });
});
