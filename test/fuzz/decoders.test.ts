// Whatever comes, in whatever pieces: the same bytes mean the same, and nothing throws.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BODY_STATE_NAMES, HEAD_STATE_NAMES, S_STATUS_LINE } from '#src/codecs/h1/states.ts';
import { forCases } from './cases.ts';
import {
  byteByByte,
  drive,
  type HeadReader,
  IN_ONE_PIECE,
  randomCuts,
  requestReader,
  responseReader,
  type StateWatcher,
} from './drive.ts';
import { mutated, requestText, responseText } from './messages.ts';
import type { Random } from './random.ts';

/** How often each state was seen, over all cases of this file. */
const headStates = new Map<number, number>();
const bodyStates = new Map<number, number>();
const count: StateWatcher = (part, state) => {
  const states = part === 'head' ? headStates : bodyStates;
  states.set(state, (states.get(state) ?? 0) + 1);
};

function anyPiecesGiveTheSame(random: Random, reader: HeadReader, text: string): void {
  const whole = drive(reader, text, IN_ONE_PIECE);
  const shown = JSON.stringify(text);
  assert.ok(whole.consumed <= text.length, shown);
  const cuts = randomCuts(random, text.length);
  assert.deepEqual(drive(reader, text, cuts, count), whole, `cut at ${cuts.join()}: ${shown}`);
  if (text.length > 400 || random.chance(0.7)) return;
  const slow = drive(reader, text, byteByByte(text.length), count);
  assert.deepEqual(slow, whole, `byte by byte: ${shown}`);
}

/** Small limits now and then, so that the cases meet them. */
function limits(random: Random): { maxHeadBytes?: number; maxRequestLineBytes?: number } {
  if (random.chance(0.9)) return {};
  return { maxHeadBytes: 20 + random.below(120), maxRequestLineBytes: 5 + random.below(40) };
}

test('a request means the same in whatever pieces it comes', () => {
  forCases(0.15, (random) => {
    const text = requestText(random);
    anyPiecesGiveTheSame(random, requestReader(limits(random)), text);
  });
});

test('a broken request is broken in the same way in whatever pieces it comes', () => {
  forCases(0.2, (random) => {
    const text = mutated(random, requestText(random));
    anyPiecesGiveTheSame(random, requestReader(limits(random)), text);
  });
});

test('a response means the same in whatever pieces it comes', () => {
  forCases(0.15, (random) => {
    const text = random.chance(0.4) ? responseText(random) : mutated(random, responseText(random));
    const method = random.pick(['GET', 'GET', 'HEAD', 'POST']);
    anyPiecesGiveTheSame(random, responseReader(method, limits(random)), text);
  });
});

test('random bytes are refused or waited for, in whatever pieces they come', () => {
  forCases(0.04, (random) => {
    const start = random.chance(0.5)
      ? ''
      : random.pick(['GET / HTTP/1.1\r\n', 'HTTP/1.1 200 OK\r\n']);
    const text = start + random.bytes(random.below(80));
    anyPiecesGiveTheSame(random, requestReader(), text);
    anyPiecesGiveTheSame(random, responseReader('GET'), text);
  });
});

test('every state of the grammar was reached', () => {
  for (const [state, name] of HEAD_STATE_NAMES.entries()) {
    assert.ok((headStates.get(state) ?? 0) > 0, `no case reached the head state ${name}`);
  }
  for (const [state, name] of BODY_STATE_NAMES.entries()) {
    assert.ok((bodyStates.get(state) ?? 0) > 0, `no case reached the body state ${name}`);
  }
  assert.equal(headStates.size, HEAD_STATE_NAMES.length);
  assert.equal(bodyStates.size, BODY_STATE_NAMES.length);
  assert.ok(headStates.has(S_STATUS_LINE));
});
