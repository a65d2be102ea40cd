import assert from 'node:assert/strict';
import { test } from 'node:test';
import { murmurHash2, parseShare, SplitClients, THE_REST } from './split-clients.ts';

test('shares with up to two decimals', () => {
  for (const [text, share] of [
    ['50%', 5_000],
    ['0.01%', 1],
    ['.5%', 50],
    ['7.%', 700],
    ['99.99%', 9_999],
    ['*', THE_REST],
  ] as const) {
    assert.equal(parseShare(text), share, text);
  }
  for (const text of ['', '%', '.%', '0%', '0.00%', '1.234%', '5', '-1%', '**', '1,5%']) {
    assert.equal(parseShare(text), undefined, text);
  }
});

test('the hash of MurmurHash2 with the length as its seed', () => {
  // Thousands of texts are compared with nginx itself in table-against-nginx.test.ts.
  assert.equal(murmurHash2(''), 0);
  assert.notEqual(murmurHash2('a'), murmurHash2('b'));
  // A char is a byte: the two bytes of "é" in UTF-8, not its code.
  assert.equal(murmurHash2('Ã©'), murmurHash2(Buffer.from('é').toString('latin1')));
});

test('shares are as large as they say, and the rest is what is left', () => {
  const split = new SplitClients([1_000, 2_550, THE_REST]);
  const counts = [0, 0, 0];
  for (let i = 0; i < 100_000; i++) {
    const share = split.find(`client-${i}`);
    counts[share] = (counts[share] ?? 0) + 1;
  }
  const [first = 0, second = 0] = counts;
  assert.ok(Math.abs(first / 100_000 - 0.1) < 0.005, `${counts}`);
  assert.ok(Math.abs(second / 100_000 - 0.255) < 0.005, `${counts}`);
  const partly = new SplitClients([1]);
  let none = 0;
  for (let i = 0; i < 1_000; i++) if (partly.find(`${i}`) < 0) none++;
  assert.ok(none > 990);
});
