import assert from 'node:assert/strict';
import { test } from 'node:test';
import { build, buildWell } from '#test/support/configuration.ts';

test('explain: who may ask is inherited, each directive for itself', () => {
  const { explains, servers } = buildWell(`http {
    explain_trusted 192.0.2.0/24;
    server { listen 80; explain on;
      location /none { explain off; }
      location /same { return 200; }
      location /own { explain_trusted 198.51.100.1; } }
    server { listen 81; location / { return 200; } } }`);
  assert.equal(explains, true);
  const [first, second] = servers;
  const [none, same, own] = (first?.locations ?? []).map(({ explain }) => explain);
  assert.equal(none, undefined);
  assert.notEqual(same, undefined);
  assert.equal(same, first?.fallback.explain);
  assert.notEqual(own, undefined);
  assert.notEqual(own, same);
  assert.equal(second?.locations[0]?.explain, undefined);
});

test('explain: without anybody to trust it is off, and that is said', () => {
  const { model, problems } = build('http { server { listen 80; explain on; } }');
  assert.equal(model?.explains, false);
  assert.deepEqual(problems, [
    'weir: [warn] "explain on" has no effect: nobody is trusted, name who may ask, as in "explain_trusted 192.0.2.0/24;" in w.conf:1',
  ]);
});

test('explain: whom nobody could be is a problem with its place', () => {
  const { problems } = build('http { explain_trusted 192.0.2.0/33; server { listen 80; } }');
  assert.match(problems[0] ?? '', /invalid address "192\.0\.2\.0\/33" in "explain_trusted"/);
});
