import assert from 'node:assert/strict';
import { test } from 'node:test';
import { build, buildWell } from '#test/support/configuration.ts';

const problemsOf = (http: string): string[] =>
  build(`http { ${http} }`).problems.map((line) => line.replace(/ in w.conf:1$/, ''));

test('a proxy_pass with variables has the resolver of its level', () => {
  const [server] = buildWell(`http {
    resolver 192.0.2.1 [2001:db8::1] 192.0.2.2:5353 valid=30s ipv6=off status_zone=z;
    server {
      location /a { proxy_pass http://$host; }
      location /b { resolver app.test; resolver_timeout 2s; proxy_pass http://$host/x; }
    } }`).servers;
  const targets = server?.locations.map(({ handler }) => {
    return handler.kind === 'proxy' ? handler.target : undefined;
  });
  assert.deepEqual(targets?.[0]?.resolver, {
    servers: ['192.0.2.1:53', '[2001:db8::1]:53', '192.0.2.2:5353'],
    validMs: 30_000,
    ipv4: true,
    ipv6: false,
  });
  assert.equal(targets?.[0]?.resolverTimeoutMs, 30_000);
  assert.deepEqual(targets?.[1]?.resolver?.servers, ['192.0.2.7:53']);
  assert.equal(targets?.[1]?.resolverTimeoutMs, 2_000);
});

const REFUSED: readonly [http: string, problem: RegExp][] = [
  ['resolver ipv6=off;', /invalid parameter "ipv6=off" in "resolver" directive, name a server/],
  ['resolver 1.2.3.4 ipv4=off ipv6=off;', /"ipv4" and "ipv6" cannot both be "off"/],
  ['resolver 1.2.3.4 ipv4=no;', /invalid parameter "ipv4=no".*write ipv4= or ipv6= with/],
  ['resolver 1.2.3.4 valid=x;', /invalid time "x" in "resolver" directive/],
  ['resolver 1.2.3.4:0;', /invalid port in resolver "1.2.3.4:0"/],
  ['resolver none.test;', /host not found in resolver "none.test"/],
  ['resolver unix:/x;', /invalid address "unix:\/x" in "resolver" directive/],
  ['resolver 1.2.3.4 status_zone=;', /invalid parameter "status_zone="/],
  [
    'server { location / { proxy_pass https://$host; } }',
    /"proxy_pass https:\/\/" is not built yet/,
  ],
  ['server { location / { proxy_pass ftp://$host; } }', /invalid URL prefix.*write http:\/\//],
  ['server { location / { proxy_pass http://$nothing; } }', /unknown "nothing" variable/],
  [
    'server { location / { proxy_pass http://$host; proxy_redirect default; } }',
    /"proxy_redirect default" cannot be used with "proxy_pass" with variables/,
  ],
];

for (const [http, problem] of REFUSED) {
  test(`"${http}" is refused`, () => {
    const { model, problems } = build(`http { server { listen 1; } ${http} }`);
    assert.equal(model, undefined);
    assert.match(problems.join('\n'), problem);
  });
}

test('a written host that nobody can look up is warned of', () => {
  const location = (pass: string): string => `server { location / { proxy_pass ${pass}; } }`;
  const warning = /no resolver defined to resolve "app.test"/;
  assert.match(problemsOf(location('http://app.test$request_uri')).join(), warning);
  assert.match(problemsOf(location('http://app.test/x/$uri')).join(), warning);
  for (const fine of ['http://127.0.0.1$uri', 'http://app$arg_x/', 'http://$host/', '$arg_u']) {
    assert.deepEqual(problemsOf(location(fine)), []);
  }
  const block = 'upstream app.test { server 127.0.0.1:1; }';
  assert.deepEqual(problemsOf(`${block} ${location('http://app.test/$uri')}`), []);
  assert.deepEqual(problemsOf(`resolver 192.0.2.1; ${location('http://app.test/$uri')}`), []);
});

const BINDS: readonly [words: string, problem: RegExp][] = [
  ['localhost', /invalid address "localhost" in "proxy_bind" directive, write an IP address/],
  ['127.0.0.1 Transparent', /invalid parameter "Transparent"/],
  ['127.0.0.1 off', /invalid parameter "off" in "proxy_bind" directive/],
  ['[::1]', /invalid address "\[::1\]"/],
];

for (const [words, problem] of BINDS) {
  test(`proxy_bind ${words} is refused`, () => {
    const { model, problems } = build(`http { server { listen 1; proxy_bind ${words}; } }`);
    assert.equal(model, undefined);
    assert.match(problems.join('\n'), problem);
  });
}

test('a rate is a size, or has variables', () => {
  const lines = ['limit_rate 1q;', 'limit_rate_after -1;', 'proxy_limit_rate x;'];
  for (const line of lines) {
    const { model, problems } = build(`http { server { listen 1; ${line} } }`);
    assert.equal(model, undefined);
    assert.match(problems.join(), /invalid size ".*" in ".*" directive, write a number of bytes/);
  }
});
