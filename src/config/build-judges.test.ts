import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildWell, treeOf } from '#test/support/configuration.ts';
import { buildModel } from './build.ts';

const conf = (upstream: string): string =>
  `http { upstream app { server 10.0.0.1; server 10.0.0.2 slow_start=3s; ${upstream} }
    server { location / { proxy_pass http://app; } } }`;

function problemsOf(upstream: string): string {
  const { problems } = buildModel(treeOf(conf(upstream)));
  return problems
    .map(({ message, severity, suggestion }) => `${severity}: ${message} (${suggestion})`)
    .join();
}

test('without a directive nobody is judged', () => {
  const [app] = buildWell(conf('')).upstreams;
  assert.equal(app?.judges, null);
});

test('outlier ejection has the defaults that its documentation names', () => {
  const [app] = buildWell(conf('outlier_ejection;')).upstreams;
  assert.deepEqual(app?.judges, {
    outlier: {
      consecutive5xx: 5,
      consecutiveLocalOrigin: 5,
      intervalMs: 10_000,
      stdevFactor: 1.9,
      successRateHosts: 5,
      successRateRequests: 100,
      failureShare: 0,
      failureHosts: 5,
      failureRequests: 50,
      latencyFactor: 0,
      latencyFloorMs: 100,
      latencyHosts: 3,
      latencyRequests: 20,
      baseEjectionMs: 30_000,
      maxEjectionMs: 300_000,
      maxEjectionShare: 0.5,
    },
    breaker: null,
    admission: null,
    flapping: null,
  });
});

test('parameters are taken over, percentages with or without a sign', () => {
  const [app] = buildWell(
    conf(`outlier_ejection consecutive_5xx=3 success_rate_stdev_factor=2500 max_ejection_percent=20%
        base_ejection_time=1m latency_factor=4;
      circuit_breaker failure_rate=30 recovering=7s open=500ms;
      admission_control success_rate=90%;
      flap_damping changes=2 hold=5m;`),
  ).upstreams;
  const { admission, breaker, flapping, outlier } = app?.judges ?? {};
  assert.deepEqual(
    [outlier?.consecutive5xx, outlier?.stdevFactor, outlier?.maxEjectionShare],
    [3, 2.5, 0.2],
  );
  assert.deepEqual([outlier?.baseEjectionMs, outlier?.latencyFactor], [60_000, 4]);
  assert.deepEqual([breaker?.failureShare, breaker?.openMs, breaker?.rampMs], [0.3, 500, 7_000]);
  assert.equal(admission?.successShare, 0.9);
  assert.deepEqual(flapping, { changes: 2, intervalMs: 60_000, holdMs: 300_000 });
});

test('the trial of a breaker is a slow start, where there is none', () => {
  const starts = (upstream: string) =>
    buildWell(conf(upstream)).upstreams[0]?.endpoints.map(({ slowStartMs }) => slowStartMs);
  assert.deepEqual(starts('circuit_breaker recovering=7s;'), [7_000, 3_000]);
  assert.deepEqual(starts('circuit_breaker scope=upstream;'), [0, 3_000]);
  assert.deepEqual(starts('outlier_ejection;'), [0, 3_000]);
});

test('what is wrong is said', () => {
  assert.match(problemsOf('outlier_ejection on;'), /invalid parameter "on".*known are consec/);
  assert.match(problemsOf('outlier_ejection consecutive_5x=3;'), /did you mean "consecutive_5xx"/);
  assert.match(problemsOf('outlier_ejection toString=3;'), /invalid parameter "toString=3"/);
  assert.match(problemsOf('outlier_ejection consecutive_5xx=;'), /invalid number ""/);
  assert.match(problemsOf('outlier_ejection interval=1ms;'), /invalid time "1ms".*at least 100ms/);
  assert.match(problemsOf('outlier_ejection max_ejection_percent=51;'), /must be at most 50/);
  assert.match(problemsOf('circuit_breaker failure_rate=0;'), /must be at least 1/);
  assert.match(problemsOf('circuit_breaker failure_rate=10%%;'), /invalid number "10%"/);
  assert.match(problemsOf('circuit_breaker scope=thread;'), /scope is "endpoint" or "upstream"/);
  assert.match(problemsOf('circuit_breaker open=1s open=2s;'), /"open=2s".*given twice/);
  assert.match(problemsOf('circuit_breaker; circuit_breaker;'), /^emerg: .*duplicate/);
  assert.match(problemsOf('admission_control max_rejection=101%;'), /must be at most 100/);
  assert.match(problemsOf('flap_damping changes=0;'), /must be at least 1/);
});
