import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  itKeepsTheBalancerContract,
  materialOf,
  TestView,
} from '#src/upstream/balancers/balancer.contract.ts';
import { IpHash, ipHash } from './ip-hash.ts';

const SIX = [{}, {}, {}, {}, {}, {}];
const v4 = (...octets: number[]) => String.fromCharCode(...octets);
const place = (key: string, sketches = SIX, view = new TestView(sketches)) => {
  view.text = key;
  return new IpHash(materialOf(sketches).endpoints).pick(view);
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
    const balancer = new IpHash(materialOf(sketches).endpoints);
    view.text = key;
    const places = Array.from({ length: 4 }, () => balancer.pick(view));
    assert.deepEqual(places, [1, 2, 1, 2]);
  });
});
