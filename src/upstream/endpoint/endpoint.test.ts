import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '#src/base/clock.ts';
import { SharedState } from '#src/shared/shared-state.ts';
import { Endpoint } from './endpoint.ts';
import { type EndpointConfig, USUAL_TRAITS } from './upstream-config.ts';

const CONFIG: EndpointConfig = {
  address: { kind: 'tcp', host: '127.0.0.1', port: 80 },
  name: '127.0.0.1:80',
  server: '127.0.0.1:80',
  ...USUAL_TRAITS,
  maxFails: 2,
  place: { file: 'test', line: 1, column: 1 },
};

function make(config: Partial<EndpointConfig> = {}, isAlone = false) {
  const clock = new ManualClock();
  const { standing } = SharedState.alone(1, 1).endpoints;
  return { clock, endpoint: new Endpoint({ ...CONFIG, ...config }, 0, standing, clock, isAlone) };
}

describe('an endpoint', () => {
  it('is put aside on the last failure that max_fails allows, for fail_timeout', () => {
    const { clock, endpoint } = make();
    endpoint.onFailure();
    assert.equal(endpoint.isEligible(), true);
    endpoint.onFailure();
    assert.equal(endpoint.isEligible(), false);
    clock.advanceMs(10_000);
    assert.equal(endpoint.isEligible(), false);
    clock.advanceMs(1);
    assert.equal(endpoint.isEligible(), true);
  });

  it('is tried by one exchange after fail_timeout; the others wait another one', () => {
    const { clock, endpoint } = make();
    endpoint.onFailure();
    endpoint.onFailure();
    clock.advanceMs(10_001);
    endpoint.onPicked();
    assert.equal(endpoint.isEligible(), false);
    endpoint.onSuccess();
    assert.equal(endpoint.isEligible(), true);
  });

  it('is put aside again when the trial fails', () => {
    const { clock, endpoint } = make();
    endpoint.onFailure();
    endpoint.onFailure();
    clock.advanceMs(10_001);
    endpoint.onPicked();
    endpoint.onFailure();
    clock.advanceMs(10_000);
    assert.equal(endpoint.isEligible(), false);
    clock.advanceMs(1);
    assert.equal(endpoint.isEligible(), true);
  });

  it('keeps its failures when an exchange that began before them succeeds', () => {
    const { endpoint } = make();
    endpoint.onPicked();
    endpoint.onFailure();
    endpoint.onSuccess();
    endpoint.onFailure();
    assert.equal(endpoint.isEligible(), false);
  });

  it('is never put aside with max_fails=0, nor when it is alone', () => {
    for (const { endpoint } of [make({ maxFails: 0 }), make({}, true)]) {
      for (let failures = 0; failures < 5; failures++) endpoint.onFailure();
      assert.equal(endpoint.isEligible(), true);
    }
  });

  it('is never picked while it is down, even alone', () => {
    assert.equal(make({ down: true }, true).endpoint.isEligible(), false);
  });

  it('with drain is there for those that are bound to it alone, also after a failure', () => {
    const { clock, endpoint } = make({ drain: true });
    const state = () => [endpoint.isWanted, endpoint.isEligible(), endpoint.isInService()];
    assert.deepEqual(state(), [false, false, true]);
    endpoint.onFailure();
    endpoint.onFailure();
    assert.deepEqual(state(), [false, false, false]);
    clock.advanceMs(10_001);
    endpoint.onPicked();
    endpoint.onSuccess();
    assert.deepEqual(state(), [false, false, true]);
  });
});
