import assert from 'node:assert/strict';
import { test } from 'node:test';
import { build, buildWell, locationOf } from '#test/support/configuration.ts';

const REFUSED: readonly (readonly [body: string, problem: string])[] = [
  [
    'rewrite ^ /x lst;',
    'invalid parameter "lst" in "rewrite" directive, known are last, break, redirect and permanent',
  ],
  ['rewrite ^a( /x;', 'invalid regular expression "^a(", a ( is not closed (at offset 2)'],
  ['rewrite ^ $nope;', 'unknown "nope" variable'],
  ['set name 1;', 'invalid variable name "name" in "set" directive, write $name'],
  ['set $uri /x;', 'the duplicate "uri" variable, it is built in'],
  ['rewrite ^/(?<host>.) /x;', 'the duplicate "host" variable, it is built in'],
  [
    'if ($host == a) { break; }',
    'unexpected "==" in condition, write ($variable), ($variable = text), ($variable ~ regex) or (-f path)',
  ],
  [
    'if (host) { break; }',
    'invalid condition "(host)" in "if" directive, write ($variable), ($variable = text), ($variable ~ regex) or (-f path)',
  ],
  ['if ($host) break;', 'directive "if" has no opening "{"'],
  [
    'if ($host) { add_header A b; }',
    '"add_header" directive is not allowed here, it belongs in "http", "server", "location" or "if" in "location"',
  ],
  [
    'location / { if ($host) { proxy_set_header A b; } }',
    '"proxy_set_header" directive is not allowed here, it belongs in "http", "server" or "location"',
  ],
  [
    'location / { if ($host) { proxy_pass http://127.0.0.1:1/x; } }',
    '"proxy_pass" cannot have a URI in an "if", no prefix of the path was matched',
  ],
  ['location / { if ($host) { root /x; } }', '"root" is not built yet in this version of Weir'],
];

for (const [body, problem] of REFUSED) {
  test(`${body} is refused`, () => {
    const { model, problems } = build(`http { server { listen 80; ${body} } }`);
    assert.equal(model, undefined);
    const found = problems.filter((line) => line.includes('[emerg]'));
    assert.equal(found.length, 1, found.join('\n'));
    assert.ok(found.join().includes(problem), found.join());
  });
}

test('a lone return costs no step; what stands before one does', () => {
  const lone = locationOf('location / { return 200 a; }');
  assert.deepEqual([lone.handler.kind, lone.rewrites], ['return', undefined]);
  const behind = locationOf('location / { set $a 1; return 200 $a; }');
  assert.equal(behind.handler.kind, 'none');
  assert.deepEqual(
    behind.rewrites?.steps.map(({ kind }) => kind),
    ['set', 'return'],
  );
  assert.equal(locationOf('location / { }').rewrites, undefined);
});

test('an if has its own settings, and the rest of what is around it', () => {
  const { servers } = buildWell(`http { server { listen 80; location /a/ {
    proxy_pass http://127.0.0.1:1/x/; client_max_body_size 5;
    if ($arg_a) { set $b 1; } if ($arg_c) { proxy_pass http://127.0.0.1:2; }
  } } }`);
  const [around] = servers[0]?.locations ?? [];
  const inside = servers[0]?.conditional ?? [];
  assert.deepEqual(
    [around, ...inside].map((location) => location?.client.maxBodyBytes),
    [5, 5, 5],
  );
  const uris = [around, ...inside].map((location) => {
    return location?.handler.kind === 'proxy' ? location.handler.uri : location?.handler.kind;
  });
  assert.deepEqual(uris, ['/x/', '/x/', undefined]);
});

test('rewrite_log is inherited, and an if has that of its location', () => {
  const isLogged = (body: string, http = ''): boolean | undefined =>
    locationOf(body, http).rewrites?.isLogged;
  assert.equal(isLogged('location / { set $a 1; }'), false);
  assert.equal(isLogged('location / { set $a 1; }', 'rewrite_log on;'), true);
  assert.equal(isLogged('rewrite_log on; location / { rewrite_log off; set $a 1; }'), false);
  assert.equal(isLogged('location / { if ($host) { rewrite_log on; } }'), false);
});
