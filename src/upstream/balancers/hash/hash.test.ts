import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import { materialOf, TestView } from '#src/upstream/balancers/balancer.contract.ts';
import {
  countsOf,
  itMapsKeys,
  itMovesFewKeys,
  placesOf,
} from '#src/upstream/balancers/key-policy.contract.ts';
import { hash } from './hash.ts';
import { Ring } from './ring.ts';

describe('hash', () => {
  itMapsKeys(hash, ['$uri']);

  it('places a key by the upper half of its CRC among the weights', () => {
    const sketches = [{ weight: 2 }, { weight: 3 }, { weight: 5 }];
    const view = new TestView(sketches);
    const balancer = hash.create(materialOf(sketches, ['$uri']));
    for (const key of ['/', '/a', '/b?c=d', '']) {
      view.text = key;
      const position = ((crc32(key) >>> 16) & 0x7fff) % 10;
      assert.equal(balancer.pick(view), position < 2 ? 0 : position < 5 ? 1 : 2);
    }
  });

  it('hashes again with the number of the try in front, and adds', () => {
    const sketches = [{ isOut: true }, {}, {}, {}, {}];
    const view = new TestView(sketches);
    const balancer = hash.create(materialOf(sketches, ['$uri']));
    const part = (text: string) => (crc32(text) >>> 16) & 0x7fff;
    const keys = Array.from({ length: 500 }, (_, n) => `k${n}`).filter((key) => {
      return part(key) % 5 === 0 && (part(key) + part(`1${key}`)) % 5 !== 0;
    });
    assert.ok(keys.length > 50);
    for (const key of keys) {
      view.text = key;
      assert.equal(balancer.pick(view), (part(key) + part(`1${key}`)) % 5);
    }
  });
});

describe('hash … consistent', () => {
  itMapsKeys(hash, ['$uri', 'consistent'], 15);
  itMovesFewKeys(hash, ['$uri', 'consistent']);

  it('spreads keys by weight, as well as 160 points each can', () => {
    const weights = [1, 2, 3, 4];
    const sketches = weights.map((weight) => ({ weight }));
    const places = placesOf(new Ring(materialOf(sketches).endpoints), new TestView(sketches));
    for (const [at, count] of countsOf(places, 4).entries()) {
      const expected = (weights[at] ?? 0) * 1000;
      assert.ok(Math.abs(count - expected) < 0.2 * expected, `${count} at ${at}`);
    }
  });

  it('lets the addresses of one name share its keys by turns', () => {
    const endpoints = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((host, at) => {
      return { name: `${host}:80`, server: at < 2 ? 'a.test' : 'b.test', weight: at + 1 };
    });
    const view = new TestView([{}, {}, {}]);
    const ring = new Ring(endpoints);
    const counts = countsOf(placesOf(ring, view), 3);
    assert.ok(Math.abs((counts[1] ?? 0) - 2 * (counts[0] ?? 0)) <= 3, counts.join(' '));
    const [first, second] = view.sketches;
    assert.ok(first !== undefined && second !== undefined);
    first.isOut = true;
    const meanwhile = countsOf(placesOf(ring, view), 3);
    assert.deepEqual(meanwhile, [0, (counts[0] ?? 0) + (counts[1] ?? 0), counts[2]]);
    second.isOut = true;
    assert.deepEqual(countsOf(placesOf(ring, view), 3), [0, 0, 10_000]);
  });
});

describe('the words of hash', () => {
  it('are a key, consistent and balance_factor, each once', () => {
    const good = [['k'], ['k', 'consistent'], ['k', 'balance_factor=101', 'consistent']];
    for (const words of good) assert.equal(hash.check?.(words), undefined);
    const bad: [string[], number][] = [
      [['k', 'ketama'], 1],
      [['k', 'consistent', 'consistent'], 2],
      [['k', 'balance_factor=100'], 1],
      [['k', 'consistent', 'balance_factor='], 2],
      [['k', 'balance_factor=-150'], 1],
      [['k', 'balance_factor=1e9'], 1],
      [['k', 'balance_factor=100001'], 1],
      [['k', 'balance_factor=150', 'balance_factor=150'], 2],
    ];
    for (const [words, at] of bad) assert.equal(hash.check?.(words)?.at, at, words.join(' '));
  });
});
