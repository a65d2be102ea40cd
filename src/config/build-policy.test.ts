import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildWell, treeOf } from '#test/support/configuration.ts';
import { buildModel } from './build.ts';

const conf = (upstream: string): string =>
  `http { upstream app { ${upstream} } server { location / { proxy_pass http://app; } } }`;

function problemsOf(upstream: string): string[] {
  const { problems } = buildModel(treeOf(conf(upstream)));
  return problems.map(({ message, severity }) => `${severity}: ${message}`);
}

test('without a directive it is round robin', () => {
  const [app] = buildWell(conf('server 10.0.0.1;')).upstreams;
  assert.deepEqual([app?.policy.name, app?.policy.panicShare], ['round_robin', 0]);
});

test('what server and upstream say is in the model', () => {
  const [app] = buildWell(
    conf(`least_conn; panic_threshold 40; server 10.0.0.1 max_conns=7 slow_start=30s;
      server 10.0.0.2 backup; server 10.0.0.3 backup=3 weight=5;`),
  ).upstreams;
  assert.deepEqual([app?.policy.name, app?.policy.panicShare], ['least_conn', 0.4]);
  assert.deepEqual(
    app?.endpoints.map(({ maxConns, slowStartMs, tier, weight }) => [
      maxConns,
      slowStartMs,
      tier,
      weight,
    ]),
    [
      [7, 30_000, 0, 1],
      [0, 0, 1, 1],
      [0, 0, 3, 5],
    ],
  );
});

test('of two policies the last one holds, with a warning', () => {
  const text = 'least_conn; hash $uri; server 10.0.0.1;';
  const { model, problems } = buildModel(treeOf(conf(text)));
  assert.deepEqual(
    problems.map(({ message, severity }) => `${severity}: ${message}`),
    ['warn: load balancing method redefined: "hash" replaces "least_conn"'],
  );
  assert.equal(model?.upstreams[0]?.policy.name, 'hash');
});

test('an upstream has a limit of its own, for which its queue waits', () => {
  const [app] = buildWell(conf('max_conns 7; queue 3; server 10.0.0.1;')).upstreams;
  assert.equal(app?.maxConns, 7);
  assert.equal(buildWell(conf('server 10.0.0.1 max_conns=4;')).upstreams[0]?.maxConns, 0);
  assert.match(problemsOf('max_conns -1; server 10.0.0.1;').join(), /^emerg: invalid number/);
  assert.match(problemsOf('queue 3; server 10.0.0.1;').join(), /^warn: nothing ever waits/);
});

test('the same policy twice is one, with a warning, as in nginx', () => {
  const twice = 'least_conn; server 10.0.0.1; least_conn;';
  assert.deepEqual(problemsOf(twice), [
    'warn: load balancing method redefined: "least_conn" replaces "least_conn"',
  ]);
  const { model } = buildModel(treeOf(conf('hash $uri; server 10.0.0.1; hash $args;')));
  assert.equal(model?.upstreams[0]?.policy.keyText, '$args');
});

test('what is wrong is said', () => {
  assert.deepEqual(problemsOf('least_con; server 10.0.0.1;'), [
    'emerg: unknown directive "least_con"',
  ]);
  assert.match(problemsOf('server 10.0.0.1 weight=-1;').join(), /^emerg: invalid /);
  assert.match(problemsOf('server 10.0.0.1 weight=0;').join(), /^emerg: invalid /);
  assert.match(problemsOf('server 10.0.0.1 max_conns=many;').join(), /^emerg: invalid /);
  assert.match(problemsOf('server 10.0.0.1 slow_start=-1;').join(), /^emerg: invalid /);
  assert.match(problemsOf('server 10.0.0.1 backup=0;').join(), /^emerg: invalid /);
  assert.match(problemsOf('panic_threshold 101; server 10.0.0.1;').join(), /^emerg: invalid /);
  assert.deepEqual(problemsOf('ip_hash; server 10.0.0.1; server 10.0.0.2 backup;'), [
    'emerg: balancing method "ip_hash" does not support parameter "backup"',
  ]);
  assert.deepEqual(problemsOf('server 10.0.0.1 backup; server 10.0.0.2 backup=2;'), [
    'emerg: no servers in upstream "app"',
  ]);
  assert.match(problemsOf('hash; server 10.0.0.1;').join(), /^emerg: invalid number of/);
  assert.match(problemsOf('hash $nothing; server 10.0.0.1;').join(), /^emerg: unknown .*variable/);
  assert.match(
    problemsOf('hash $uri firmly; server 10.0.0.1;').join(),
    /^emerg: invalid parameter/,
  );
  assert.match(problemsOf('least_conn now; server 10.0.0.1;').join(), /^emerg: invalid number of/);
});

test('degraded_threshold is 70 % unless written', () => {
  const shareOf = (text: string) => buildWell(conf(text)).upstreams[0]?.policy.degradedShare;
  assert.equal(shareOf('server 10.0.0.1;'), 0.7);
  assert.equal(shareOf('degraded_threshold 0; server 10.0.0.1;'), 0);
  assert.match(problemsOf('degraded_threshold 101; server 10.0.0.1;').join(), /^emerg: invalid /);
});
