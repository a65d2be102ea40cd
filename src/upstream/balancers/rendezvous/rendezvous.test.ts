import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { materialOf, TestView } from '#src/upstream/balancers/balancer.contract.ts';
import {
  countsOf,
  itMapsKeys,
  itMovesFewKeys,
  placesOf,
} from '#src/upstream/balancers/key-policy.contract.ts';
import { Rendezvous, rendezvous } from './rendezvous.ts';

describe('rendezvous', () => {
  itMapsKeys(rendezvous, ['$uri']);
  itMovesFewKeys(rendezvous, ['$uri']);

  it('spreads keys by weight', () => {
    const weights = [1, 2, 3, 4];
    const sketches = weights.map((weight) => ({ weight }));
    const places = placesOf(new Rendezvous(materialOf(sketches).endpoints), new TestView(sketches));
    for (const [at, count] of countsOf(places, 4).entries()) {
      const expected = (weights[at] ?? 0) * 1000;
      // Five times the deviation of a binomial distribution; the keys are fixed.
      assert.ok(Math.abs(count - expected) < 5 * Math.sqrt(expected), `${count} at ${at}`);
    }
  });

  it('moves keys only away from the one that is removed', () => {
    const endpoints = materialOf([{}, {}, {}, {}, {}]).endpoints;
    const rest = endpoints.filter((_, at) => at !== 1);
    const before = placesOf(new Rendezvous(endpoints), new TestView(endpoints.map(() => ({}))));
    const after = placesOf(new Rendezvous(rest), new TestView(rest.map(() => ({}))));
    for (const [key, at] of before.entries()) {
      if (at !== 1) assert.equal(rest[after[key] ?? -1], endpoints[at]);
    }
  });

  it('lets both lines of one address have keys', () => {
    const endpoints = [{ name: 'a', server: 'a', weight: 1 }];
    const twice = [...endpoints, ...endpoints];
    const counts = countsOf(placesOf(new Rendezvous(twice), new TestView([{}, {}])), 2);
    assert.ok(Math.min(...counts) > 4_700, counts.join(' '));
  });
});
