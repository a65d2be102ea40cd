// RFC 9110 §7.6 and RFC 9112 §3: what of a request goes on to the origin, and in which form. The
// edge writes every head anew, in one canonical form.

import { type UpstreamRequest, type WireCase, wireTest } from './wire-case.ts';

const forwarded = (
  shows: string,
  title: string,
  head: readonly string[],
  seen: UpstreamRequest,
  more: Partial<WireCase> = {},
): void =>
  wireTest(title, {
    shows,
    ...more,
    head,
    client: { status: 200, connection: 'open' },
    upstream: { saw: [seen] },
  });

const GET = ['GET / HTTP/1.1', 'Host: a.test'];

forwarded(
  '9112-2.2-1 9110-5.1-1 H1-18',
  'fields keep their order, case and value',
  [...GET, 'User-Agent: x', 'aCCept: */*', 'X-Empty:', 'Cookie: a=1', 'Cookie: b=2', 'X: \xe9'],
  {
    lines: [
      'GET / HTTP/1.1',
      'Host: origins',
      'User-Agent: x',
      'aCCept: */*',
      'X-Empty: ',
      'Cookie: a=1',
      'Cookie: b=2',
      'X: \xe9',
    ],
  },
);
forwarded(
  '9110-5.5-1',
  'RFC 9112 §5.1: any white space around a value becomes one space',
  [...GET, 'A:1', 'B:  2', 'C: 3  ', 'D:\t4\t', 'E: \t 5 \t ', 'F:', 'G:   ', 'H: 8', 'I: a  b'],
  {
    lines: [
      'GET / HTTP/1.1',
      'Host: origins',
      'A: 1',
      'B: 2',
      'C: 3',
      'D: 4',
      'E: 5',
      'F: ',
      'G: ',
      'H: 8',
      'I: a  b',
    ],
  },
);
forwarded(
  '9110-7.6-1 9110-7.6.1-5 H1-12',
  'RFC 9110 §7.6.1: hop-by-hop fields stay behind',
  [
    ...GET,
    'Connection: keep-alive',
    'Keep-Alive: timeout=5',
    'Proxy-Connection: keep-alive',
    'TE: trailers',
    'Trailer: X',
    'Upgrade: h2c',
    'X: y',
  ],
  { lines: ['GET / HTTP/1.1', 'Host: origins', 'X: y'] },
);
forwarded(
  '9110-7.6.1-2 9110-5.6.1-2 H1-12',
  'RFC 9110 §7.6.1: what Connection names stays behind, wherever it stands and however it is written',
  [
    ...GET,
    'X-One: 1',
    'Connection: x-one, X-TWO ,,\tx-three',
    'X-Two: 2',
    'x-THREE: 3',
    'X-Four: 4',
  ],
  { lines: ['GET / HTTP/1.1', 'Host: origins', 'X-Four: 4'] },
);
forwarded(
  '9110-7.6.1-2 H1-12',
  'RFC 9110 §7.6.1: several Connection fields are one list',
  [...GET, 'Connection: x-one', 'X-One: 1', 'Connection: x-two', 'X-Two: 2'],
  { lines: ['GET / HTTP/1.1', 'Host: origins'] },
);
forwarded(
  '9110-7.6.1-2 H1-12',
  'Connection cannot remove what rules behind us read (CVE-2024-45410)',
  [
    ...GET,
    'Connection: host, authorization, cookie, x-forwarded-for, x-forwarded-proto, x-real-ip, via',
    'Authorization: Basic x',
    'Cookie: a=1',
    'X-Forwarded-For: 1.2.3.4',
    'X-Forwarded-Proto: https',
    'X-Real-IP: 1.2.3.4',
    'Via: 1.1 x',
  ],
  {
    order: [
      'GET / HTTP/1.1',
      'Host: origins',
      'Authorization: Basic x',
      'Cookie: a=1',
      'X-Forwarded-For: 1.2.3.4',
      'X-Forwarded-Proto: https',
      'X-Real-IP: 1.2.3.4',
    ],
    has: [/^Via: 1\.1 x, 1\.1 weir-/],
  },
);
wireTest('Connection cannot remove the framing', {
  shows: 'H1-12',
  head: [
    'POST / HTTP/1.1',
    'Host: a.test',
    'Connection: content-length, transfer-encoding',
    'Content-Length: 5',
  ],
  bytes: 'hello',
  client: { status: 200, connection: 'open' },
  upstream: { saw: [{ body: 'hello', has: ['Content-Length: 5'] }] },
});
forwarded(
  'H1-12',
  'fields that we set cannot be removed by Connection, nor added to',
  [...GET, 'Connection: x-real-ip, x-mine', 'X-Mine: forged', 'x-real-IP: 6.6.6.6'],
  { lines: ['GET / HTTP/1.1', 'Host: origins', 'X-Real-IP: 127.0.0.1', 'X-Mine: ours'] },
  { location: 'proxy_set_header X-Real-IP $remote_addr; proxy_set_header X-Mine ours;' },
);
forwarded(
  'H1-16',
  'underscores_in_headers off: X_Forwarded_For cannot pose as X-Forwarded-For',
  [...GET, 'X_Forwarded_For: 6.6.6.6', 'Content_Length: 5', 'X: y'],
  { lines: ['GET / HTTP/1.1', 'Host: origins', 'X: y'] },
);
forwarded(
  'H1-16',
  'underscores_in_headers on keeps them',
  [...GET, 'X_Y: z'],
  { lines: ['GET / HTTP/1.1', 'Host: origins', 'X_Y: z'] },
  { server: 'underscores_in_headers on;' },
);
forwarded(
  '9110-5.1-1',
  'proxy_set_header with an empty value removes the field',
  [...GET, 'Accept-Encoding: gzip', 'X: y'],
  { lines: ['GET / HTTP/1.1', 'Host: origins', 'X: y'] },
  { location: 'proxy_set_header Accept-Encoding "";' },
);
forwarded(
  '9112-3.2-2',
  'proxy_set_header Host $http_host passes Host on',
  ['GET / HTTP/1.1', 'Host: A.test:81'],
  { lines: ['GET / HTTP/1.1', 'Host: A.test:81'] },
  { location: 'proxy_set_header Host $http_host;' },
);
wireTest('a variable that would split the head is refused', {
  shows: 'H1-14',
  head: ['GET /a%0d%0aX:%20y HTTP/1.1', 'Host: a.test'],
  location: 'proxy_set_header X-Path $uri;',
  client: { status: 400, connection: 'closed' },
  upstream: { saw: 'nothing' },
});

// The target.
for (const [target, seen] of [
  ['/a/./b//c/../d?x=/../y', '/a/./b//c/../d?x=/../y'],
  ['/%41%2f', '/%41%2f'],
  ['//a', '//a'],
  ['/\\"<>^`{|}\xe9', '/\\"<>^`{|}\xe9'],
  ['/?', '/?'],
  ['/??a?b', '/??a?b'],
  ['http://a.test', '/'],
  ['http://a.test/x?y', '/x?y'],
  ['HTTP://A.TEST/x', '/x'],
  ['http://a.test:80/x', '/x'],
  ['http://a.test?x', '/?x'],
] as const) {
  forwarded(
    '9112-3.2.1-1 9112-3.2.1-2 9112-3.2.2-4 9110-7.7-2 H1-19',
    `RFC 9112 §3.2: target ${JSON.stringify(target)}`,
    [`GET ${target} HTTP/1.1`, 'Host: a.test'],
    { line: `GET ${seen} HTTP/1.1` },
  );
}
for (const method of [
  'GET',
  'DELETE',
  'OPTIONS',
  'PROPFIND',
  'QUERY',
  'M-SEARCH',
  "!#$%&'*+.^_`|~",
]) {
  forwarded('9110-9.1-1 RT-34', `method ${method}`, [`${method} /x HTTP/1.1`, 'Host: a.test'], {
    lines: [`${method} /x HTTP/1.1`, 'Host: origins'],
  });
}
for (const method of ['POST', 'PUT', 'PATCH']) {
  forwarded(
    '9112-6.3-9',
    `RFC 9110 §8.6: ${method} without a body says so`,
    [`${method} /x HTTP/1.1`, 'Host: a.test'],
    { lines: [`${method} /x HTTP/1.1`, 'Host: origins', 'Content-Length: 0'] },
  );
}
wireTest('HEAD goes on as HEAD', {
  shows: '9110-9.1-1',
  head: ['HEAD /x HTTP/1.1', 'Host: a.test'],
  answer: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n',
  client: { status: 200, connection: 'open', has: ['Content-Length: 5'], body: '' },
  upstream: { saw: [{ line: 'HEAD /x HTTP/1.1' }] },
});
wireTest('a client of HTTP/1.0 is spoken for in 1.1', {
  shows: '9112-2.3-1 9112-3.2-1 9110-2.5-1 9110-7.2-1',
  head: ['GET /x HTTP/1.0'],
  client: { status: 200, connection: 'closed', has: ['Content-Length: 2'], body: 'ok' },
  upstream: { saw: [{ lines: ['GET /x HTTP/1.1', 'Host: origins'] }] },
});
forwarded(
  'H1-13',
  'HTTP/1.0 with keep-alive stays open',
  ['GET /x HTTP/1.0', 'Connection: keep-alive'],
  {
    lines: ['GET /x HTTP/1.1', 'Host: origins'],
  },
);
wireTest('Connection: close closes, in any case and list', {
  shows: '9112-9.6-2 9112-9.6-3',
  head: ['GET /x HTTP/1.1', 'Host: a.test', 'Connection: foo, CLOSE'],
  bytes: 'GET /never HTTP/1.1\r\nHost: a.test\r\n\r\n',
  client: { status: 200, connection: 'closed' },
  upstream: { saw: [{ lines: ['GET /x HTTP/1.1', 'Host: origins'] }] },
});

// Expect.
wireTest(
  'RFC 9110 §10.1.1: a client that does not wait for 100 gets none; the field stays behind',
  {
    shows: 'H1-11',
    head: ['POST / HTTP/1.1', 'Host: a.test', 'Content-Length: 5', 'Expect: 100-Continue'],
    bytes: 'hello',
    client: { status: 200, connection: 'open' },
    upstream: {
      saw: [{ lines: ['POST / HTTP/1.1', 'Host: origins', 'Content-Length: 5'], body: 'hello' }],
    },
  },
);
wireTest('RFC 9110 §10.1.1: no 100 for a request without a body', {
  shows: '9110-10.1.1-1 H1-11',
  head: ['GET / HTTP/1.1', 'Host: a.test', 'Expect: 100-continue'],
  client: { status: 200, connection: 'open' },
  upstream: { saw: [{ lines: ['GET / HTTP/1.1', 'Host: origins'] }] },
});
wireTest('RFC 9110 §10.1.1: no 100 for a client of HTTP/1.0', {
  shows: '9110-10.1.1-3 9110-15.2-2 H1-11',
  head: [
    'POST / HTTP/1.0',
    'Host: a.test',
    'Connection: keep-alive',
    'Content-Length: 5',
    'Expect: 100-continue',
  ],
  bytes: 'hello',
  client: { status: 200, connection: 'open' },
  upstream: { saw: [{ body: 'hello' }] },
});
wireTest('RFC 9110 §10.1.1: too large is said at once instead of 100', {
  shows: '9110-10.1.1-5 H1-11 H1-17',
  head: ['POST / HTTP/1.1', 'Host: a.test', 'Content-Length: 2000000', 'Expect: 100-continue'],
  client: { status: 413, connection: 'closed' },
  upstream: { saw: 'nothing' },
});
