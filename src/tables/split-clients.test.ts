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
  // By another implementation (Python); thousands of texts more in table-against-nginx.test.ts.
  for (const [text, hash] of [
    ['', 0],
    ['a', 0x92685f5e],
    ['ab', 0x1aa14063],
    ['abc', 0x13577c9b],
    ['abcd', 0x26873021],
    ['192.0.2.1', 0xc8da48f3],
    ['\xc3\xa9\xff\x80\x90', 0x30e60073],
  ] as const) {
    assert.equal(murmurHash2(text), hash, text);
  }
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
