// RFC 9110 §7.6 and RFC 9112 §6.3: what of a response goes on to the client, and what of an origin
// that cannot be understood is answered with 502 instead.

import { wireTest } from './wire-case.ts';

const GET = ['GET / HTTP/1.1', 'Host: a.test'];
const GET10 = ['GET / HTTP/1.0', 'Host: a.test'];
const HEAD = ['HEAD / HTTP/1.1', 'Host: a.test'];

interface Expected {
  status?: number;
  connection?: 'open' | 'closed';
  has?: (string | RegExp)[];
  lacks?: RegExp[];
  body?: string;
}

const passed = (
  shows: string,
  title: string,
  answer: string,
  expected: Expected,
  head = GET,
): void =>
  wireTest(title, {
    shows,
    head,
    answer,
    client: { status: 200, connection: 'open', ...expected },
    upstream: { saw: [{}] },
  });

passed(
  '9110-7.6-1 9110-7.6.1-3 9110-6.6.1-2 9110-5.6.7-2 H1-12',
  'hop-by-hop fields and what Connection names stay behind; Date and Server are ours',
  'HTTP/1.1 200 Fine\r\nServer: x\r\nDate: then\r\nConnection: x-one\r\nX-One: 1\r\n' +
    'Keep-Alive: timeout=1\r\nTrailer: x\r\nUpgrade: h2c\r\nProxy-Connection: close\r\n' +
    'X-Accel-Expires: 10\r\nX-Two:2\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nX_y: z\r\n' +
    'Content-Length: 2\r\n\r\nok',
  {
    has: ['HTTP/1.1 200 Fine', /^Server: weir/, /^Date: .* GMT$/, 'X-Two: 2', 'X_y: z'],
    lacks: [/^X-One/, /timeout/, /^Trailer/, /^Upgrade/, /^Proxy-/, /secret/, /then/, /: x$/],
    body: 'ok',
  },
);
passed(
  '9112-6.1-2 9112-6.2-1 9112-7.1.2-2 H1-13',
  'a response in chunks is chunked anew, without extensions and trailers',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n' +
    '3;a=b\r\nabc\r\n0003\r\ndef\r\n0\r\nX-Sum: 1\r\n\r\n',
  { has: ['Transfer-Encoding: chunked'], lacks: [/Content-Length/, /Sum/], body: 'abcdef' },
);
passed(
  '9112-7.1-1',
  'an empty response in chunks',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  { has: ['Transfer-Encoding: chunked'], body: '' },
);
passed(
  '9112-6.1-8 H1-13',
  'chunks become "until close" for a client of HTTP/1.0',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  { connection: 'closed', lacks: [/Transfer-Encoding/, /Content-Length/], body: 'abc' },
  [...GET10, 'Connection: keep-alive'],
);
passed(
  '9112-2.3-1 9110-2.5-2 H1-13',
  'a response of HTTP/1.0 with a length',
  'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok',
  {
    has: ['HTTP/1.1 200 OK', 'Content-Length: 2'],
    body: 'ok',
  },
);
passed('9110-8.6-5', 'Content-Length: 0', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', {
  has: ['Content-Length: 0'],
  body: '',
});
passed(
  '9112-6.3-1 9110-9.3.2-1 9110-8.6-1 H1-13',
  '§6.3: HEAD has no body, whatever its length says',
  'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n',
  { has: ['Content-Length: 500'], body: '' },
  HEAD,
);
passed(
  '9112-6.3-1 9110-9.3.2-1 H1-13',
  '§6.3: HEAD has no body, chunked or not',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
  { body: '' },
  HEAD,
);
passed(
  '9112-6.3-1 9110-9.3.2-1 H1-13',
  '§6.3: HEAD without framing does not wait for the close',
  'HTTP/1.1 200 OK\r\n\r\n',
  { lacks: [/Content-Length/, /Transfer-Encoding/], body: '' },
  HEAD,
);
passed(
  '9112-6.3-1 9112-6.1-5 9110-8.6-3 9110-15.3.5-1 H1-13',
  '§6.3: 204 has no body and no Content-Length',
  'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n',
  { status: 204, lacks: [/Content-Length/, /Transfer-Encoding/], body: '' },
);
passed(
  '9112-6.3-1 9110-8.6-2 9110-15.4.5-1 H1-13',
  '§6.3: 304 has no body, its Content-Length is that of the page',
  'HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\nETag: "x"\r\n\r\n',
  { status: 304, has: ['Content-Length: 500', 'ETag: "x"'], body: '' },
);
passed(
  '9112-4-1',
  '§4: a status line without reason',
  'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n',
  {
    has: ['HTTP/1.1 200 '],
  },
);
passed(
  '9110-15-1',
  '§4: a status that nobody registered',
  'HTTP/1.1 799 So\r\nContent-Length: 0\r\n\r\n',
  {
    status: 799,
    has: ['HTTP/1.1 799 So'],
  },
);
passed(
  '9110-15.2-1 RT-32',
  'RFC 9110 §15.2: interim responses are not the answer',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n' +
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  { lacks: [/Link/], body: 'ok' },
);
passed(
  '9110-15.2-1 RT-32',
  'eight interim responses are borne',
  `${'HTTP/1.1 102 P\r\n\r\n'.repeat(8)}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`,
  { body: 'ok' },
);

const refused = (shows: string, title: string, answer: string, head = GET): void =>
  wireTest(title, {
    shows,
    head,
    answer,
    client: { status: 502, connection: 'open', has: [/^Server: weir/] },
    upstream: { saw: [{}] },
  });

refused('9110-15.2-1 RT-32', 'nine interim responses are not', 'HTTP/1.1 102 P\r\n\r\n'.repeat(9));
refused(
  '9110-7.8-4 WS-03',
  '101 that nobody asked for (CVE-2026-2833)',
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n',
);
const HEAD_OK = 'HTTP/1.1 200 OK\r\n';
for (const [title, answer, shows] of [
  [
    'Transfer-Encoding and Content-Length',
    'Transfer-Encoding: chunked\r\nContent-Length: 5',
    '9112-6.3-3',
  ],
  ['two Content-Lengths', 'Content-Length: 2\r\nContent-Length: 2', '9112-6.3-6 9110-8.6-6'],
  ['a malformed Content-Length', 'Content-Length: 2x', '9112-6.3-6'],
  ['a negative Content-Length', 'Content-Length: -2', '9112-6.3-6'],
  ['a list of Content-Lengths', 'Content-Length: 2, 2', '9112-6.3-6 9110-8.6-6'],
  ['an unknown coding', 'Transfer-Encoding: gzip', '9112-6.1-4'],
  ['chunked twice', 'Transfer-Encoding: chunked, chunked', '9112-6.1-2'],
  ['space before the colon', 'X : y\r\nContent-Length: 2', '9112-5.1-2'],
  ['white space in front of the first field', ' X: y\r\nContent-Length: 2', '9112-2.2-6'],
  ['a folded field', 'X: y\r\n z\r\nContent-Length: 2', '9112-5.2-1 9112-5.2-3'],
  ['an empty name', ': y\r\nContent-Length: 2', '9112-5.1-3'],
  ['NUL in a value', 'X: \0\r\nContent-Length: 2', '9110-5.5-2'],
  ['bare LF', 'X: y\nContent-Length: 2', 'H1-07'],
  ['bare CR', 'X: y\rContent-Length: 2', '9112-2.2-2 9112-2.2-3'],
  ['101 fields', 'X: y\r\n'.repeat(100) + 'Content-Length: 2', 'H1-08'],
  ['a head over 32 KB', `X: ${'y'.repeat(33_000)}`, 'H1-08'],
] as const) {
  refused(`${shows} HR-19`, `an origin with ${title}`, `${HEAD_OK}${answer}\r\n\r\nok`);
}
for (const line of [
  'HTTP/1.1 099 X',
  'HTTP/1.1 20 X',
  'HTTP/1.1 2000 X',
  'HTTP/1.1  200 X',
  'HTTP/1.1 200\0X',
  'HTTP/2.0 200 X',
  'HTTP/1.2 200 X',
  'http/1.1 200 X',
  'ICY 200 OK',
  ' HTTP/1.1 200 X',
  `HTTP/1.1 200 ${'x'.repeat(2000)}`,
  '<html>',
  '',
]) {
  refused(
    'HR-19',
    `an origin with status line ${JSON.stringify(line.slice(0, 20))}`,
    `${line}\r\nContent-Length: 2\r\n\r\nok`,
  );
}
refused(
  '9112-6.1-10',
  '§6.1: Transfer-Encoding in a response of HTTP/1.0',
  'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
);
