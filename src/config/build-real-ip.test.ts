import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RealIp } from '#src/exchange/real-ip.ts';
import { buildWell, treeOf } from '#test/support/configuration.ts';
import { buildModel } from './build.ts';

/** By path; `/` is the server. */
function realIps(text: string): ReadonlyMap<string, RealIp | undefined> {
  const [server] = buildWell(text).servers;
  assert.ok(server);
  const all = [...server.locations, server.fallback];
  return new Map(all.map(({ match, realIp }) => [match.path, realIp]));
}

function problemsOf(line: string): string[] {
  const { problems } = buildModel(treeOf(`http { server { ${line} } }`));
  return problems.map(({ message, severity }) => `${severity}: ${message}`);
}

test('levels that say nothing share what the level around them has', () => {
  const found = realIps(`http {
    set_real_ip_from 10.0.0.0/8;
    server {
      real_ip_header X-Forwarded-For;
      location /same { }
      location /own { real_ip_recursive on; location /own/in { } }
    }
  }`);
  assert.ok(found.get('/') !== undefined);
  assert.equal(found.get('/same'), found.get('/'));
  assert.notEqual(found.get('/own'), found.get('/'));
  assert.equal(found.get('/own/in'), found.get('/own'));
});

test('nobody is trusted without set_real_ip_from', () => {
  const found = realIps('http { server { real_ip_header X-Forwarded-For; location /a { } } }');
  assert.deepEqual([...found.values()], [undefined, undefined]);
});

test('what is wrong is said', () => {
  const invalid = (text: string) =>
    `emerg: invalid address "${text}" in "set_real_ip_from" directive`;
  assert.deepEqual(problemsOf('set_real_ip_from 10.0.0.0/33;'), [invalid('10.0.0.0/33')]);
  assert.deepEqual(problemsOf('set_real_ip_from 10.0.0.300;'), [invalid('10.0.0.300')]);
  assert.deepEqual(problemsOf('set_real_ip_from unix:/run/x;'), [invalid('unix:/run/x')]);
  assert.deepEqual(problemsOf('set_real_ip_from nowhere.test;'), [
    'emerg: host not found in set_real_ip_from "nowhere.test"',
  ]);
  assert.deepEqual(problemsOf('set_real_ip_from 10.1.0.0/8;'), [
    'warn: low address bits of 10.1.0.0/8 are meaningless',
  ]);
  assert.deepEqual(problemsOf('real_ip_header "a b";'), [
    'emerg: invalid field name "a b" in "real_ip_header" directive',
  ]);
  assert.deepEqual(problemsOf('real_ip_header proxy_protocol;'), [
    'emerg: "real_ip_header proxy_protocol" is not built yet in this version of Weir',
  ]);
});

test('a host name is all of its addresses', () => {
  const tree = treeOf('http { set_real_ip_from cdn.test; server { } }');
  const { model, problems } = buildModel({
    ...tree,
    hosts: { 'cdn.test': ['192.0.2.1', '2001:db8::1'] },
  });
  assert.deepEqual(problems, []);
  assert.ok(model?.servers[0]?.fallback.realIp !== undefined);
});
