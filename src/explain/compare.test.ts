import assert from 'node:assert/strict';
import { test } from 'node:test';
import { treeOf } from '#test/support/configuration.ts';
import { compare } from './compare.ts';
import { coverageOf } from './coverage.ts';
import type { TestExpectation } from './define-test.ts';
import { Rehearsal } from './rehearsal.ts';

const HTTP = `http {
  upstream app { server 127.0.0.1:3000; }
  server { listen 80; server_name a.test *.a.test;
    location / { proxy_pass http://app; proxy_set_header X-Set "one two"; }
    location =/exact { return 204; }
    location /if {
      if ($arg_x) { add_header X-If yes; }
      return 200 "grüße";
    }
    location /shut { return 444; }
    location @named { return 200 named; }
    error_page 502 @named;
    error_page 503 /sorry;
  }
}`;

function rehearse(text: string): Rehearsal {
  const rehearsal = Rehearsal.of(treeOf(text));
  assert.ok(rehearsal instanceof Rehearsal, JSON.stringify(rehearsal));
  return rehearsal;
}

test('each expectation passes for what came, and fails for anything else', async () => {
  const rehearsal = rehearse(HTTP);
  const cases: readonly (readonly [
    url: string,
    passes: TestExpectation,
    fails: TestExpectation,
    got: readonly string[],
  ])[] = [
    [
      'http://x.a.test/p?q=1',
      {
        server: 'a.test',
        location: '/',
        upstream: 'app',
        sentMethod: 'POST',
        sentPath: /^\/p/,
        sentHeaders: { host: 'app', 'X-Set': /two$/, 'X-None': null },
        sentBody: 'body',
        status: 200,
        redirect: null,
        headers: { 'content-length': '0', Location: null },
        body: '',
      },
      {
        server: 'b.test',
        location: '/p',
        upstream: null,
        sentMethod: 'GET',
        sentPath: '/p',
        sentHeaders: { host: null, 'X-None': 'some' },
        sentBody: /^$/,
        status: 404,
        redirect: /./,
        headers: { 'content-length': /^[1-9]/ },
        body: null,
      },
      [
        'server: "b.test" / "a.test *.a.test"',
        'location: "/p" / "/"',
        'upstream: none / "app"',
        'sentMethod: "GET" / "POST"',
        'sentPath: "/p" / "/p?q=1"',
        'sentHeaders.host: none / "app"',
        'sentHeaders.X-None: "some" / none',
        'sentBody: /^$/ / "body"',
        'status: "404" / "200"',
        'redirect: /./ / none',
        'headers.content-length: /^[1-9]/ / "0"',
        'body: none / ""',
      ],
    ],
    [
      'http://a.test/exact',
      { location: '= /exact' },
      { location: '/exact' },
      ['location: "/exact" / "= /exact"'],
    ],
    [
      'http://a.test/if?x=1',
      { location: '/if', upstream: null, body: 'grüße', headers: { 'x-if': 'yes' } },
      { location: null },
      ['location: none / "/if"'],
    ],
    ['http://a.test/shut', { status: null }, { status: 444 }, ['status: "444" / none']],
  ];
  for (const [url, passes, fails, got] of cases) {
    const asked = url.includes('/p') ? { url, method: 'POST', body: 'body' } : { url };
    const explanation = await rehearsal.ask(asked);
    assert.deepEqual(compare(passes, explanation), [], url);
    assert.deepEqual(
      compare(fails, explanation).map((one) => `${one.what}: ${one.expected} / ${one.got}`),
      got,
    );
  }
  rehearsal.close();
});

test('coverage: what was come to, by whichever way', async () => {
  const rehearsal = rehearse(HTTP);
  const untested = () => {
    const { kinds, percent } = coverageOf(
      rehearsal.model,
      rehearsal.index,
      rehearsal.recorder.touched,
    );
    const left = kinds.flatMap(({ untouched }) => untouched.map(({ text }) => text));
    return { kinds: kinds.map(({ count, what }) => `${count} ${what}`), left, percent };
  };
  const before = untested();
  assert.deepEqual(before.kinds, ['1 servers', '5 locations', '5 rules', '2 error pages']);
  assert.deepEqual([before.percent, before.left.length], [0, 13]);
  await rehearsal.ask({ url: 'http://a.test/if' });
  assert.deepEqual(untested().left, [
    'location /',
    'location =/exact',
    'location /shut',
    'location @named',
    'return 204',
    'if ($arg_x)',
    'return 444',
    'return 200 named',
    'error_page 502 @named',
    'error_page 503 /sorry',
  ]);
  await rehearsal.ask({ url: 'http://a.test/if?x=1' });
  await rehearsal.ask({ url: 'http://a.test/' }, 'refused');
  await rehearsal.ask({ url: 'http://a.test/exact' });
  await rehearsal.ask({ url: 'http://a.test/shut' });
  assert.deepEqual(untested().left, ['error_page 503 /sorry']);
  assert.equal(untested().percent, 92);
  rehearsal.close();
});

test('coverage: the lines of map that have given a value', async () => {
  const rehearsal = rehearse(`http {
  map $arg_a $b { hostnames; default none; *.x.test same; y.test same; ~^z(.)$ "z $1"; "" empty; }
  map $b $unused { same 1; }
  server { listen 80; server_name a.test; return 200 $b; }
}`);
  const untested = () => {
    const { kinds } = coverageOf(rehearsal.model, rehearsal.index, rehearsal.recorder.touched);
    const found = kinds.find(({ what }) => what === 'map entries');
    return [found?.count, ...(found?.untouched.map(({ text }) => text) ?? [])];
  };
  const all = [
    'default none',
    '*.x.test same',
    'y.test same',
    '~^z(.)$ "z $1"',
    '"" empty',
    'same 1',
  ];
  assert.deepEqual(untested(), [6, ...all]);
  for (const [value, body] of [
    ['y.test', 'same'],
    ['zq', 'z q'],
    ['', 'empty'],
  ]) {
    const { answer } = await rehearsal.ask({ url: `http://a.test/?a=${value}` });
    assert.equal(answer?.body, body);
  }
  assert.deepEqual(untested(), [6, 'default none', '*.x.test same', 'same 1']);
  await rehearsal.ask({ url: 'http://a.test/?a=b.x.test' });
  await rehearsal.ask({ url: 'http://a.test/?a=other' });
  assert.deepEqual(untested(), [6, 'same 1']);
  rehearsal.close();
});
