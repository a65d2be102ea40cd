// RFC 9110 §5 and the sections of single fields: what goes through untouched, in which order.

import { wireTest } from './wire-case.ts';

const GET = ['GET / HTTP/1.1', 'Host: a.test'];

wireTest('RFC 9110 §5.3: lines of one field keep their order, both ways', {
  shows: '9110-5.3-1',
  head: [...GET, 'X-List: c', 'Y: 1', 'x-list: a', 'X-List: b', 'Y: 0'],
  answer:
    'HTTP/1.1 200 OK\r\nWarning: b\r\nX-List: 3\r\nwarning: a\r\nX-List: 1\r\n' +
    'Content-Length: 0\r\n\r\n',
  client: {
    status: 200,
    connection: 'open',
    order: ['Warning: b', 'X-List: 3', 'warning: a', 'X-List: 1'],
  },
  upstream: {
    saw: [
      {
        lines: [
          'GET / HTTP/1.1',
          'Host: origins',
          'X-List: c',
          'Y: 1',
          'x-list: a',
          'X-List: b',
          'Y: 0',
        ],
      },
    ],
  },
});
wireTest('RFC 9110 §5.1: fields that we do not know go through, both ways', {
  shows: '9110-5.1-1',
  head: [...GET, 'X-Nobody-Knows: 1', 'x-2-3: odd', 'Priority: u=1'],
  answer:
    "HTTP/1.1 200 OK\r\nX-Nobody-Knows: 2\r\n!#$%&'*+-.^`|~2: odd\r\nContent-Length: 0\r\n\r\n",
  client: {
    status: 200,
    connection: 'open',
    has: ['X-Nobody-Knows: 2', "!#$%&'*+-.^`|~2: odd"],
  },
  upstream: {
    saw: [{ has: ['X-Nobody-Knows: 1', 'x-2-3: odd', 'Priority: u=1'] }],
  },
});
for (const char of "!#$%&'*+.^`|~") {
  wireTest(`ignore_invalid_headers: a name with ${char} is dropped from requests alone`, {
    shows: 'H1-16',
    head: [...GET, `X${char}Y: 1`, 'Z: 1'],
    answer: `HTTP/1.1 200 OK\r\nX${char}Y: 2\r\nContent-Length: 0\r\n\r\n`,
    client: { status: 200, connection: 'open', has: [`X${char}Y: 2`] },
    upstream: { saw: [{ lines: ['GET / HTTP/1.1', 'Host: origins', 'Z: 1'] }] },
  });
}

const CONDITIONS = [
  'If-Match: "a"',
  'If-None-Match: W/"b", "c"',
  'If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT',
  'If-Unmodified-Since: Sunday, 06-Nov-94 08:49:37 GMT',
  'If-Range: "d"',
  'Range: bytes=0-1,5-',
];
wireTest('RFC 9110 §13.2.1: conditions are for the origin: they go through, not evaluated', {
  shows: '9110-13.2.1-1',
  head: [...GET, ...CONDITIONS],
  answer: 'HTTP/1.1 200 OK\r\nETag: "b"\r\nContent-Length: 2\r\n\r\nok',
  client: { status: 200, connection: 'open', has: ['ETag: "b"'], body: 'ok' },
  upstream: { saw: [{ lines: ['GET / HTTP/1.1', 'Host: origins', ...CONDITIONS] }] },
});
wireTest('RFC 9110 §11.6: credentials and challenges go through as they are', {
  shows: '9110-11.6.1-2 9110-11.6.2-1',
  head: [...GET, 'Authorization: Digest  a="b\\"c" ,d=e', 'Authorization: x'],
  answer:
    'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="a\\"b",  charset="UTF-8"\r\n' +
    'WWW-Authenticate: New  x=y\r\nContent-Length: 0\r\n\r\n',
  client: {
    status: 401,
    connection: 'open',
    has: ['WWW-Authenticate: Basic realm="a\\"b",  charset="UTF-8"', 'WWW-Authenticate: New  x=y'],
  },
  upstream: { saw: [{ has: ['Authorization: Digest  a="b\\"c" ,d=e', 'Authorization: x'] }] },
});
wireTest('RFC 9110 §10.2.1 and §12.5.5: Allow and Vary of an origin go through as they are', {
  shows: '9110-10.2.1-1 9110-12.5.5-1',
  head: ['DELETE / HTTP/1.1', 'Host: a.test'],
  answer:
    'HTTP/1.1 405 Method Not Allowed\r\nAllow: GET,  X-MINE\r\nVary: accept-encoding, X\r\n' +
    'Content-Length: 0\r\n\r\n',
  client: {
    status: 405,
    connection: 'open',
    has: ['Allow: GET,  X-MINE', 'Vary: accept-encoding, X'],
    lacks: [/^Allow: GET, HEAD/, /^Vary: \*/],
  },
  upstream: { saw: [{ line: 'DELETE / HTTP/1.1' }] },
});
wireTest('RFC 9110 §7.7: content is never changed, with no-transform or without', {
  shows: '9110-7.7-3',
  head: [...GET, 'Accept-Encoding: gzip'],
  answer:
    'HTTP/1.1 200 OK\r\nCache-Control: no-transform\r\nContent-Type: text/html\r\n' +
    'Content-Length: 8\r\n\r\n<p>\x00\xff\r\n\n',
  client: {
    status: 200,
    connection: 'open',
    has: ['Cache-Control: no-transform', 'Content-Type: text/html', 'Content-Length: 8'],
    lacks: [/^Content-Encoding/],
    body: '<p>\x00\xff\r\n\n',
  },
  upstream: { saw: [{ has: ['Accept-Encoding: gzip'] }] },
});
wireTest('RFC 9110 §15.4.5: what a 304 tells of its page goes through', {
  shows: '9110-15.4.5-1 H1-13',
  head: [...GET, 'If-None-Match: "x"'],
  answer:
    'HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=1\r\nContent-Location: /x\r\n' +
    'ETag: "x"\r\nExpires: Sun, 06 Nov 1994 08:49:37 GMT\r\nVary: X\r\n\r\n',
  client: {
    status: 304,
    connection: 'open',
    has: [
      'Cache-Control: max-age=1',
      'Content-Location: /x',
      'ETag: "x"',
      'Expires: Sun, 06 Nov 1994 08:49:37 GMT',
      'Vary: X',
      /^Date: /,
    ],
    lacks: [/^Content-Length/, /^Transfer-Encoding/],
    body: '',
  },
  upstream: { saw: [{}] },
});

const IMF_FIXDATE =
  /^Date: (Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$/;
for (const status of ['200 OK', '301 Moved Permanently', '404 Not Found', '503 Busy']) {
  wireTest(`RFC 9110 §6.6.1: an answer without Date gets one: ${status}`, {
    shows: '9110-6.6.1-2 9110-5.6.7-2',
    head: GET,
    answer: `HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`,
    client: { status: Number(status.slice(0, 3)), connection: 'open', has: [IMF_FIXDATE] },
    upstream: { saw: [{}] },
  });
}
for (const [path, status] of [
  ['/200', 200],
  ['/301', 301],
  ['/404', 404],
] as const) {
  wireTest(`RFC 9110 §6.6.1: our own answers have a Date: ${status}`, {
    shows: '9110-6.6.1-1 9110-5.6.7-2',
    server:
      'location = /200 { return 200 x; } location = /301 { return 301 /; } location = /404 { return 404; }',
    head: [`GET ${path} HTTP/1.1`, 'Host: a.test'],
    client: { status, connection: 'open', has: [IMF_FIXDATE] },
    upstream: { saw: 'nothing' },
  });
}
