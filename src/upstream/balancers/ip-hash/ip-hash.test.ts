import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type EndpointSketch,
  itKeepsTheBalancerContract,
  materialOf,
  TestView,
} from '#src/upstream/balancers/balancer.contract.ts';
import { IpHash, ipHash } from './ip-hash.ts';

const SIX = [{}, {}, {}, {}, {}, {}];
const v4 = (...octets: number[]) => String.fromCharCode(...octets);
const place = (key: string, sketches: EndpointSketch[] = SIX, words: readonly string[] = []) => {
  const view = new TestView(sketches);
  view.text = key;
  return new IpHash(materialOf(sketches, words)).pick(view);
};

/** nginx's formula, as its documentation and semantics.md §4 have it, with one weight each. */
function formula(bytes: readonly number[], endpoints: number): number {
  return bytes.reduce((hash, byte) => (hash * 113 + byte) % 6271, 89) % endpoints;
}

describe('ip_hash', () => {
  itKeepsTheBalancerContract(ipHash);
  itKeepsTheBalancerContract(ipHash, ['balance_factor=150']);

  it('counts three octets of an IPv4 address', () => {
    for (let n = 0; n < 256; n++) {
      const expected = formula([10, n, 255 - n], 6);
      assert.equal(place(v4(10, n, 255 - n, 1)), expected);
      assert.equal(place(v4(10, n, 255 - n, 200)), expected);
    }
  });

  it('counts all of an IPv6 address', () => {
    const bytes = Array.from({ length: 16 }, (_, at) => at * 13);
    assert.equal(place(v4(...bytes)), formula(bytes, 6));
    const last = [...bytes.slice(0, 15), 7];
    assert.equal(place(v4(...last)), formula(last, 6));
  });

  it('counts as many bits as it is told to', () => {
    const words = ['ipv4_prefix=32', 'ipv6_prefix=52'];
    for (let n = 0; n < 256; n++) {
      assert.equal(place(v4(10, 1, 2, n), SIX, words), formula([10, 1, 2, n], 6));
      const bytes = Array.from({ length: 16 }, (_, at) => (at * 13 + n) & 255);
      const counted = [...bytes.slice(0, 6), (bytes[6] ?? 0) & 0xf0];
      assert.equal(place(v4(...bytes), SIX, words), formula(counted, 6));
      assert.equal(place(v4(n, 7, 8, 9), SIX, ['ipv4_prefix=3']), formula([n & 0xe0], 6));
    }
    for (const [bits, bytes] of [
      [1, [0x80]],
      [8, [0xff]],
      [9, [0xff, 0x80]],
      [31, [0xff, 0xff, 0xff, 0xfe]],
    ] as const) {
      const word = `ipv4_prefix=${bits}`;
      assert.equal(place(v4(255, 255, 255, 255), SIX, [word]), formula(bytes, 6), word);
    }
  });

  it('has a network of clients on one endpoint, and spreads it by whole addresses', () => {
    const endpoints = (words: readonly string[]) =>
      new Set(Array.from({ length: 256 }, (_, n) => place(v4(10, 1, 2, n), SIX, words))).size;
    assert.equal(endpoints([]), 1);
    assert.equal(endpoints(['ipv4_prefix=24']), 1);
    assert.equal(endpoints(['ipv4_prefix=32']), 6);
  });

  it('says what is wrong with its words', () => {
    const good = [
      [],
      ['ipv4_prefix=1'],
      ['balance_factor=150', 'ipv6_prefix=128', 'ipv4_prefix=32'],
    ];
    for (const words of good) assert.equal(ipHash.check?.(words), undefined);
    const bad: [string[], number, RegExp][] = [
      [['ipv4_prefix=0'], 0, /write 1 to 32, as in ipv4_prefix=16/],
      [['ipv4_prefix=33'], 0, /1 to 32/],
      [['ipv4_prefix=-8'], 0, /1 to 32/],
      [['ipv4_prefix=16', 'ipv6_prefix=129'], 1, /1 to 128/],
      [['ipv6_prefix=64', 'ipv6_prefix=64'], 1, /twice/],
      [['ipv6_prefix=64', 'balance_factor=99'], 1, /more than 100/],
      [['ipv6_prefix=64', '/24'], 1, /known are ipv4_prefix=bits/],
    ];
    for (const [words, at, advice] of bad) {
      const fault = ipHash.check?.(words);
      assert.equal(fault?.at, at, words.join(' '));
      assert.match(fault.advice, advice);
    }
  });

  it('takes what is no IP address for zeros, as nginx a unix socket', () => {
    for (const key of ['unix:', '']) assert.equal(place(key), formula([0, 0, 0], 6));
  });

  it('leaves the clients of others where they are when one is out', () => {
    const sketches = SIX.map((_, at) => ({ isOut: at === 3 }));
    for (let n = 0; n < 256; n++) {
      const before = place(v4(10, 0, n, 1));
      const after = place(v4(10, 0, n, 1), sketches);
      if (before === 3) assert.notEqual(after, 3);
      else assert.equal(after, before);
    }
  });

  it('goes round when twenty more tries find nobody', () => {
    const sketches = [{ weight: 100_000, isOut: true }, {}, {}];
    const view = new TestView(sketches);
    const key = v4(10, 0, 0, 1);
    const balancer = new IpHash(materialOf(sketches));
    view.text = key;
    const places = Array.from({ length: 4 }, () => balancer.pick(view));
    assert.deepEqual(places, [1, 2, 1, 2]);
  });
});
