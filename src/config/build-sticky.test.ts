// What configuration says of `sticky`, and of `route` and `drain` of its servers.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from '#src/config/syntax/parser.ts';
import { Problems } from '#src/schema/problem.ts';
import { buildModel } from './build.ts';
import type { Model } from './model.ts';

function build(http: string): { model: Model | undefined; said: readonly string[] } {
  const problems = new Problems();
  const nodes = parse(`events {} http { ${http} server { } }`, 'a.conf', problems);
  const tree = { file: '/a.conf', prefix: '/', nodes, hosts: {}, errorLog: 'stderr' };
  const built = buildModel({ ...tree, defaultPort: 1 });
  const all = [...problems.list, ...built.problems];
  const said = all.map(({ message, suggestion = '' }) => `${message}: ${suggestion}`);
  return { model: built.model, said };
}

const upstream = (words: string, server = '') =>
  `upstream u { server 127.0.0.1:81 ${server}; ${words === '' ? '' : `sticky ${words};`} }`;

function stickyOf(words: string): unknown {
  const { model, said } = build(upstream(words));
  assert.deepEqual(said, []);
  return model?.upstreams[0]?.sticky;
}

describe('sticky', () => {
  it('reads what nginx has', () => {
    const cookie = stickyOf(
      'cookie id expires=1h domain=.a.test path=/x samesite=$arg_s httponly secure',
    ) as NonNullable<Model['upstreams'][number]['sticky']>;
    assert.equal(cookie.cookie?.expires, 3600);
    assert.equal(cookie.cookie?.domain?.text, '.a.test');
    assert.deepEqual([cookie.cookie?.httpOnly, cookie.cookie?.secure], [true, true]);
    assert.deepEqual([cookie.secret, cookie.isStrict, cookie.zone], ['', false, null]);
    const learn = stickyOf(
      'learn create=$upstream_cookie_a create=$upstream_http_x lookup=$cookie_a zone=z:1m timeout=1m header',
    ) as NonNullable<Model['upstreams'][number]['sticky']>;
    assert.deepEqual(learn.zone, { name: 'z', bytes: 1_048_576 });
    assert.deepEqual(
      [learn.timeoutMs, learn.learnsFromHead, learn.create.length],
      [60_000, true, 2],
    );
    const { model } = build(upstream('', 'drain route=a'));
    const [endpoint] = model?.upstreams[0]?.endpoints ?? [];
    assert.deepEqual([endpoint?.drain, endpoint?.route], [true, 'a']);
  });

  it('goes with any policy, before or behind it', () => {
    for (const order of ['sticky cookie a; least_conn;', 'hash $uri; sticky cookie a;']) {
      const { said } = build(`upstream u { server 127.0.0.1:81; ${order} }`);
      assert.deepEqual(said, []);
    }
  });

  it('says what is wrong, and what to write', () => {
    const cases: readonly (readonly [string, RegExp])[] = [
      ['cookie', /invalid number of arguments in "sticky"/],
      ['stick a', /invalid parameter "stick".*cookie, route or learn/],
      ['cookie ""', /invalid cookie name ""/],
      ['cookie "a;b"', /invalid cookie name "a;b"/],
      ['cookie a expires=soon', /invalid time "soon"/],
      ['cookie a expires=', /"expires=".*a value is missing/],
      ['cookie a samesite=some', /invalid value "some".*strict, lax or none/],
      ['cookie a "path=/;x"', /no ";" can stand/],
      ['cookie a "domain=a;b"', /invalid value "a;b"/],
      ['cookie a domain=$none', /unknown "none" variable/],
      ['cookie a secure secure', /"secure".*twice/],
      ['cookie a sync', /"sync".*known are expires=/],
      ['cookie a secret=short', /invalid parameter "secret=".*8 bytes/],
      ['route strict', /"sticky route" is incomplete.*a variable/],
      ['route cookie_a', /"cookie_a".*known are variables/],
      ['route $none', /unknown "none" variable/],
      ['learn create=$cookie_a zone=z:1m', /"sticky learn" is incomplete.*"lookup="/],
      ['learn lookup=$cookie_a zone=z:1m', /incomplete.*"create="/],
      ['learn create=$cookie_a lookup=$cookie_a', /incomplete.*"zone="/],
      ['learn create=a lookup=$cookie_a zone=z:1m', /invalid variable name "a"/],
      ['learn create=$cookie_a lookup=$cookie_a zone=z', /"zone=z".*zone=sessions:1m/],
      ['learn create=$cookie_a lookup=$cookie_a zone=z:1k', /invalid size "1k".*at least 32k/],
      ['learn create=$cookie_a lookup=$cookie_a zone=z:2g', /at most 1g/],
      ['learn create=$cookie_a lookup=$cookie_a zone=z:1m timeout=0', /at least 1s/],
      ['learn create=$cookie_a lookup=$cookie_a zone=z:1m sync', /"sync".*known are create=/],
    ];
    for (const [words, expected] of cases) {
      const { said } = build(upstream(words));
      assert.equal(said.length, 1, `${words}: ${said.join(' | ')}`);
      assert.match(said[0] ?? '', expected);
    }
    for (const server of ['route=', 'route="a;b"', `route=${'x'.repeat(33)}`, 'drain=1']) {
      const { said } = build(upstream('', server));
      assert.match(said[0] ?? '', /invalid parameter "(route|drain)=/);
    }
  });

  it('stands once, and its zone belongs to one upstream', () => {
    const twice = build(upstream('cookie a; sticky cookie b'));
    assert.match(twice.said[0] ?? '', /"sticky" directive is duplicate/);
    const learn = 'sticky learn create=$cookie_a lookup=$cookie_a zone=z:1m;';
    const shared = ['u', 'v'].map((name) => `upstream ${name} { server 127.0.0.1:81; ${learn} }`);
    assert.match(
      build(shared.join(' ')).said[0] ?? '',
      /sticky zone "z" is already used in upstream "u"/,
    );
  });
});
