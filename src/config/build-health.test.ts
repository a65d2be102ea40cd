import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildWell, treeOf } from '#test/support/configuration.ts';
import { buildModel } from './build.ts';

const conf = (location: string, http = ''): string =>
  `http { upstream app { server 10.0.0.1; } ${http}
    server { location / { proxy_pass http://app; ${location} } } }`;

const checksOf = (location: string, http?: string) => buildWell(conf(location, http)).healthChecks;

function problemsOf(location: string, http?: string): string {
  const { problems } = buildModel(treeOf(conf(location, http)));
  return problems
    .map(({ message, severity, suggestion }) => `${severity}: ${message} (${suggestion})`)
    .join();
}

test('a check has nginx’s defaults, and the times of its location', () => {
  const [check] = checksOf('health_check; proxy_connect_timeout 1s; proxy_read_timeout 2s;');
  const { place: _, request, ...rest } = check ?? assert.fail();
  assert.deepEqual(rest, {
    upstream: 0,
    name: '/',
    kind: 'http',
    intervalMs: 5_000,
    jitterMs: 0,
    fails: 1,
    passes: 1,
    mandatory: false,
    persistent: false,
    port: 0,
    keepaliveMs: 0,
    match: null,
    connectTimeoutMs: 1_000,
    answerTimeoutMs: 2_000,
    local: null,
  });
  assert.match(
    request,
    /^GET \/ HTTP\/1\.1\r\nHost: app\r\nUser-Agent: weir\/\S+ \(health check\)\r\nConnection: close\r\n\r\n$/,
  );
});

test('all parameters', () => {
  const [check] = checksOf(
    `health_check uri=/h?a=b interval=1m jitter=500ms fails=3 passes=2 mandatory persistent
      port=81 keepalive_time=1h match=ok; proxy_bind 127.0.0.1;`,
    'match ok { status 200; }',
  );
  assert.equal(check?.name, '/h?a=b port=81 match=ok');
  assert.deepEqual([check.intervalMs, check.jitterMs, check.keepaliveMs], [60_000, 500, 3_600_000]);
  assert.deepEqual([check.fails, check.passes, check.port], [3, 2, 81]);
  assert.deepEqual([check.mandatory, check.persistent], [true, true]);
  assert.deepEqual(check.local, { host: '127.0.0.1', port: 0 });
  assert.doesNotMatch(check.request, /Connection/);
});

test('the request has the constant fields of its location', () => {
  const [check] = checksOf(`health_check; proxy_set_header Host checks.test;
    proxy_set_header X-Key k; proxy_set_header X-Real-IP $remote_addr; proxy_set_header X-None "";
    proxy_set_header User-Agent probe; proxy_set_header Connection upgrade;`);
  assert.equal(
    check?.request,
    'GET / HTTP/1.1\r\nHost: checks.test\r\nX-Key: k\r\nUser-Agent: probe\r\nConnection: close\r\n\r\n',
  );
  const [usual] = checksOf('health_check; proxy_set_header Host $host; proxy_http_version 1.0;');
  assert.match(usual?.request ?? '', /^GET \/ HTTP\/1\.0\r\n.*Host: app\r\n/s);
});

test('match blocks', () => {
  const [check] = checksOf(
    'health_check match=all;',
    `match all {
      status ! 500 502-504;
      header Content-Type = text/html; header Connection !~ close; header Host; header ! X-Accel-Redirect;
      header Server != nginx; header X ~ "^a b$";
      body ~ "Welcome to \\w+!"; body !~ maintenance;
      require $upstream_http_ready $status;
    }`,
  );
  const header = (name: string, kind: string, text: string, isNot: boolean) => {
    return { name, kind, text, isNot };
  };
  assert.deepEqual(check?.match, {
    name: 'all',
    status: {
      isNot: true,
      ranges: [
        [500, 500],
        [502, 504],
      ],
    },
    headers: [
      header('content-type', 'is', 'text/html', false),
      header('connection', 'matches', 'close', true),
      header('host', 'exists', '', false),
      header('x-accel-redirect', 'exists', '', true),
      header('server', 'is', 'nginx', true),
      header('x', 'matches', '^a b$', false),
    ],
    bodies: [
      { pattern: 'Welcome to \\w+!', isNot: false },
      { pattern: 'maintenance', isNot: true },
    ],
    degraded: [],
    required: ['upstream_http_ready', 'status'],
    send: '',
    expect: null,
  });
});

test('type=tcp sends and expects', () => {
  const [check] = checksOf(
    'health_check type=tcp match=redis;',
    'match redis { send "PING\\r\\n\\x00"; expect ~* "^\\+pong"; }',
  );
  assert.deepEqual([check?.kind, check?.name, check?.request], ['tcp', 'tcp match=redis', '']);
  assert.equal(check?.match?.send, 'PING\r\n\0');
  assert.deepEqual(check?.match?.expect, { kind: 'pattern', text: '^\\+pong', caseless: true });
});

test('several checks of one upstream have names of their own', () => {
  const names = checksOf('health_check; health_check uri=/b; health_check;').map(
    ({ name }) => name,
  );
  assert.deepEqual(names, ['/', '/b', '/ #2']);
});

test('what is wrong is said', () => {
  const wrong: [string, RegExp][] = [
    [
      'health_check forever;',
      /^emerg: invalid parameter "forever" in "health_check".*known are uri=/,
    ],
    ['health_check url=/;', /^emerg: invalid parameter "url=\/"/],
    ['health_check uri=health;', /^emerg: invalid URI "uri=health".*begins with/],
    ['health_check "uri=/a b";', /^emerg: invalid URI/],
    ['health_check interval=0;', /^emerg: invalid time "0".*at least/],
    ['health_check interval=soon;', /^emerg: invalid time "soon"/],
    ['health_check fails=0;', /^emerg: invalid number "0"/],
    ['health_check passes=many;', /^emerg: invalid number "many"/],
    ['health_check port=65536;', /^emerg: invalid number "65536"/],
    ['health_check fails=1 fails=2;', /^emerg: invalid parameter "fails=2".*given twice/],
    ['health_check persistent;', /^emerg: invalid parameter "persistent".*"mandatory"/],
    ['health_check type=udp;', /^emerg: invalid type "udp"/],
    ['health_check type=grpc;', /^emerg: "health_check type=grpc" is not built yet/],
    ['health_check grpc_service=a;', /^emerg: parameter "grpc_service" .*not built yet/],
    ['health_check type=tcp uri=/a;', /^emerg: invalid parameter "uri=\/a".*sends no request/],
    ['health_check match=wellcome;', /^emerg: match "wellcome" is not found.*"welcome"/],
    ['health_check match=;', /^emerg: invalid parameter "match="/],
    ['health_check type=tcp match=welcome;', /^emerg: .*cannot do "status"/],
    ['health_check match=tcp;', /^emerg: .*cannot do "send".*type=tcp/],
  ];
  const http = 'match welcome { status 200; } match tcp { send a; }';
  for (const [location, message] of wrong) assert.match(problemsOf(location, http), message);
});

test('what is wrong in a match block is said, used or not', () => {
  const wrong: [string, RegExp][] = [
    ['match a { }', /^emerg: match "a" has no tests/],
    ['match a { status 200; } match a { status 200; }', /^emerg: duplicate match "a".*first is in/],
    ['match a { status ok; }', /^emerg: invalid status "ok"/],
    ['match a { status 400-200; }', /^emerg: invalid status "400-200"/],
    ['match a { status !; }', /^emerg: invalid status "!"/],
    ['match a { status 200; status 204; }', /^emerg: "status" directive is duplicate/],
    ['match a { header; }', /^emerg: invalid number of arguments in "header"/],
    ['match a { header ! ; }', /^emerg: invalid header "!"/],
    ['match a { header A is b; }', /^emerg: invalid header "is"/],
    ['match a { header A =; }', /^emerg: invalid header "="/],
    ['match a { header A ~ "("; }', /^emerg: invalid regular expression "\("/],
    ['match a { body = b; }', /^emerg: invalid body "="/],
    ['match a { body ~ "["; }', /^emerg: invalid regular expression "\["/],
    ['match a { require status; }', /^emerg: invalid variable "status"/],
    ['match a { require $host; }', /^emerg: "require \$host" is not built yet/],
    ['match a { expect = b; }', /^emerg: invalid parameter "="/],
    ['match a { expect ""; }', /^emerg: invalid text ""/],
    ['match a { stat 200; }', /^emerg: unknown directive "stat".*"status"/],
    ['match a;', /^emerg: directive "match" has no opening/],
  ];
  for (const [http, message] of wrong) assert.match(problemsOf('', http), message);
});

test('a check needs an upstream beside it', () => {
  const alone = /^emerg: "health_check" has no upstream to check/;
  const problem = (text: string) => {
    const { problems } = buildModel(treeOf(`http { upstream app { server 10.0.0.1; } ${text} }`));
    return problems.map(({ message, severity }) => `${severity}: ${message}`).join();
  };
  assert.match(problem('server { location / { health_check; } }'), alone);
  const address = 'server { location / { proxy_pass http://127.0.0.1:9; health_check; } }';
  assert.match(problem(address), alone);
  const variable = 'server { location / { proxy_pass http://$host; health_check; } }';
  assert.match(problem(variable), alone);
  assert.match(problem('health_check;'), /"health_check" directive is not allowed here/);
  assert.match(problem('server { health_check; }'), /not allowed here/);
  const inner = `server { location / { proxy_pass http://app; health_check;
    location /a { proxy_pass http://app; } } }`;
  assert.equal(problem(inner), '');
});

test('degraded: tests of a match that no check must pass', () => {
  const http = `match m { status 200-299; degraded status 207; degraded header X-State = slow;
    degraded header ! X-Ready; degraded body ~ "slow"; }`;
  const [check] = checksOf('health_check match=m;', http);
  assert.deepEqual(check?.match?.degraded, [
    { of: 'status', test: { isNot: false, ranges: [[207, 207]] } },
    { of: 'header', test: { name: 'x-state', kind: 'is', text: 'slow', isNot: false } },
    { of: 'header', test: { name: 'x-ready', kind: 'exists', text: '', isNot: true } },
    { of: 'body', test: { pattern: 'slow', isNot: false } },
  ]);
  for (const line of [
    'degraded',
    'degraded 207',
    'degraded status',
    'degraded status x',
    'degraded body ~',
    'degraded body ~ (',
    'degraded header',
    'degraded weather bad',
  ]) {
    const told = problemsOf('health_check match=m;', `match m { ${line}; }`);
    assert.match(told, /^emerg: /, line);
    assert.equal(told.split('emerg: ').length, 2, told);
  }
  assert.match(
    problemsOf('health_check type=tcp match=m;', 'match m { degraded status 207; }'),
    /cannot do "degraded"/,
  );
});
