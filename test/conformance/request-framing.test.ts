// RFC 9112 §6 and §7.1: where the body of a request ends. What two readers could read in two ways
// is refused, the connection closes, and the origin learns nothing of it.

import { type WireCase, wireTest } from './wire-case.ts';

/** A body in chunks goes on in chunks. */
const STREAMED = 'proxy_request_buffering off;';
const POST = ['POST / HTTP/1.1', 'Host: a.test'];
/** Would be the next request of whoever believes the other framing. */
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n';

const refused = (shows: string, title: string, status: number, wire: Partial<WireCase>): void =>
  wireTest(title, {
    ...wire,
    shows,
    client: { status, connection: 'closed' },
    upstream: { saw: 'nothing' },
  });

refused(
  '9112-6.1-9 9112-6.3-3 H1-01',
  '§6.3: Transfer-Encoding together with Content-Length',
  400,
  {
    head: [...POST, 'Content-Length: 6', 'Transfer-Encoding: chunked'],
    bytes: `0\r\n\r\nX${SMUGGLED}`,
  },
);
refused(
  '9112-6.1-9 9112-6.3-3 H1-01',
  '§6.3: Content-Length in front of Transfer-Encoding, zero',
  400,
  {
    head: [...POST, 'Transfer-Encoding: chunked', 'Content-Length: 0'],
    bytes: `0\r\n\r\n${SMUGGLED}`,
  },
);

for (const second of ['5', '6', '']) {
  refused(
    '9112-6.3-5 9110-8.6-6 9110-8.6-7 H1-03',
    `§6.3: two Content-Length fields, 5 and ${JSON.stringify(second)}`,
    400,
    {
      head: [...POST, 'Content-Length: 5', `Content-Length: ${second}`],
      bytes: `hello${SMUGGLED}`,
    },
  );
}
for (const length of [
  '',
  '+5',
  '-5',
  '0x5',
  '5 5',
  '5,5',
  '5, 6',
  '5.0',
  '1e1',
  'five',
  '"5"',
  '9999999999999999',
  '18446744073709551621',
]) {
  refused(
    '9112-6.3-5 9110-8.6-5 H1-03',
    `RFC 9110 §8.6: Content-Length ${JSON.stringify(length)}`,
    400,
    {
      head: [...POST, `Content-Length: ${length}`],
      bytes: `hello${SMUGGLED}`,
    },
  );
}
for (const [coding, status] of [
  ['', 400],
  ['chunked, chunked', 400],
  ['gzip, chunked', 400],
  ['chunked, gzip', 400],
  ['chunked, identity', 400],
  ['identity, chunked', 400],
  [',chunked', 400],
  ['chunked;q=1', 400],
  ['"chunked"', 400],
  ['xchunked', 400],
  ['chun\xadked', 400],
  ['gzip', 501],
  ['identity', 501],
  ['cow', 501],
] as const) {
  refused('9112-6.3-4 H1-02', `§6.1: Transfer-Encoding ${JSON.stringify(coding)}`, status, {
    head: [...POST, `Transfer-Encoding: ${coding}`],
    bytes: `5\r\nhello\r\n0\r\n\r\n${SMUGGLED}`,
  });
}
refused('9112-6.3-4 H1-02', '§6.1: two Transfer-Encoding fields', 400, {
  head: [...POST, 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
  bytes: `0\r\n\r\n${SMUGGLED}`,
});
refused('9112-6.3-4 H1-02', '§6.1: a known and an unknown coding in two fields', 400, {
  head: [...POST, 'Transfer-Encoding: identity', 'Transfer-Encoding: chunked'],
  bytes: `0\r\n\r\n${SMUGGLED}`,
});
refused('9112-6.1-10 H1-02', '§6.1: Transfer-Encoding from a 1.0 client (CVE-2026-2835)', 400, {
  head: ['POST / HTTP/1.0', 'Host: a.test', 'Transfer-Encoding: chunked'],
  bytes: `0\r\n\r\n${SMUGGLED}`,
});
refused('9112-6.1-10 H1-02', '§6.1: Transfer-Encoding from a 1.0 client that keeps alive', 400, {
  head: [
    'POST / HTTP/1.0',
    'Host: a.test',
    'Connection: keep-alive',
    'Content-Length: 5',
    'Transfer-Encoding: chunked',
  ],
  bytes: `0\r\n\r\n${SMUGGLED}`,
});

for (const coding of ['chunked', 'Chunked', 'CHUNKED', ' chunked', 'chunked ', '\tchunked\t']) {
  wireTest(`§7: Transfer-Encoding ${JSON.stringify(coding)} is chunked`, {
    shows: '9112-6.1-1 9112-7-1 9112-7.1-1 9112-7.1.1-1 9112-6.2-1 9110-5.6.3-1',
    location: STREAMED,
    head: [...POST, `Transfer-Encoding:${coding}`],
    bytes: '5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n',
    client: { status: 200, connection: 'open' },
    upstream: { saw: [{ body: 'hello world', has: ['Transfer-Encoding: chunked'] }] },
  });
}

const CHUNKED = [...POST, 'Transfer-Encoding: chunked'];

/** The head may have gone to the origin before the fault came; the request is never completed. */
const badChunks = (shows: string, title: string, status: number, bytes: string): void =>
  wireTest(title, {
    shows,
    head: CHUNKED,
    bytes: bytes + SMUGGLED,
    client: { status, connection: 'closed' },
    upstream: { saw: 'unfinished' },
  });

for (const size of [
  '',
  'g',
  '-1',
  '+1',
  '0x5',
  ' 5',
  '5 ',
  '5\t',
  '5\0',
  '00000000000005',
  'ffffffffffffffff',
  '10000000000000005',
]) {
  badChunks(
    '9112-7.1-2 H1-04',
    `§7.1: chunk size ${JSON.stringify(size)}`,
    400,
    `${size}\r\nhello\r\n0\r\n\r\n`,
  );
}
badChunks('9112-7.1-3 H1-04', '§7.1: a chunk longer than its size', 400, '4\r\nhello\r\n0\r\n\r\n');
badChunks(
  '9112-7.1-3 H1-04',
  '§7.1: a chunk shorter than its size',
  400,
  '6\r\nhello\r\n0\r\n\r\n',
);
badChunks('9112-7.1-3 H1-04', '§7.1: bare LF behind the size', 400, '5\nhello\r\n0\r\n\r\n');
badChunks('9112-7.1-3 H1-04', '§7.1: bare CR behind the size', 400, '5\rhello\r\n0\r\n\r\n');
badChunks('9112-7.1-3 H1-04', '§7.1: bare LF behind the data', 400, '5\r\nhello\n0\r\n\r\n');
badChunks(
  '9112-7.1-3 H1-04',
  '§7.1: two wrong bytes behind the data',
  400,
  '5\r\nhelloXX0\r\n\r\n',
);
badChunks(
  '9112-7.1.1-2 H1-04',
  '§7.1: bare LF in a chunk extension (TERM.EXT)',
  400,
  '5;\nhello\r\n0\r\n\r\n',
);
badChunks(
  '9112-7.1.1-2 H1-04',
  '§7.1: bare CR in a chunk extension',
  400,
  '5;a\rb\r\nhello\r\n0\r\n\r\n',
);
badChunks(
  '9112-7.1.1-2 H1-04',
  '§7.1: NUL in a chunk extension',
  400,
  '5;a\0\r\nhello\r\n0\r\n\r\n',
);
for (const line of ['5 ;a=b', '5\t;a=b', '5 ']) {
  badChunks(
    '9110-5.6.3-2 H1-04',
    `RFC 9110 §5.6.3: white space behind a size, ${JSON.stringify(line)}`,
    400,
    `${line}\r\nhello\r\n0\r\n\r\n`,
  );
}
wireTest('RFC 9110 §5.6.3: white space within an extension goes with it', {
  shows: '9110-5.6.3-2 9112-7.1.1-1 H1-04',
  head: CHUNKED,
  bytes: '5; a = "b;c" ;\td\r\nhello\r\n0;e\r\n\r\n',
  client: { status: 200, connection: 'open' },
  upstream: { saw: [{ body: 'hello' }] },
});
badChunks(
  '9112-7.1.1-2 H1-04',
  '§7.1.1: an extension over 4 KB',
  400,
  `5;${'x'.repeat(4100)}\r\nhello\r\n0\r\n\r\n`,
);
badChunks(
  '9112-7.1.1-2 H1-04',
  '§7.1.1: extensions over 16 KB together',
  400,
  `${`1;${'x'.repeat(4000)}\r\na\r\n`.repeat(5)}0\r\n\r\n`,
);
badChunks('9112-7.1-3 H1-04', '§7.1: bare LF behind the last chunk', 400, '0\n\r\n');
badChunks('9112-7.1-3 H1-04', '§7.1: bare LF for the empty line', 400, '0\r\n\n');
badChunks('9112-7.1-3 H1-04', '§7.1.2: a trailer line without colon', 400, '0\r\nx\r\n\r\n');
badChunks(
  '9112-7.1-3 H1-04',
  '§7.1.2: space before the colon of a trailer',
  400,
  '0\r\nx : y\r\n\r\n',
);
badChunks('9112-7.1-3 H1-04', '§7.1.2: an empty trailer name', 400, '0\r\n: y\r\n\r\n');
badChunks('9112-7.1-3 H1-04', '§7.1.2: a folded trailer', 400, '0\r\nx: y\r\n z\r\n\r\n');
badChunks('9112-7.1-3 H1-04', '§7.1.2: bare LF behind a trailer', 400, '0\r\nx: y\n\r\n');
badChunks('9112-7.1-3 H1-04', '§7.1.2: NUL in a trailer', 400, '0\r\nx: \0\r\n\r\n');
badChunks(
  '9112-7.1-3 H1-04',
  '§7.1.2: trailers over 16 KB',
  431,
  `0\r\nx: ${'y'.repeat(17_000)}\r\n\r\n`,
);

wireTest('§7.1.2: trailers are checked and dropped', {
  shows: '9112-7.1.2-2 9110-6.5.1-1',
  location: STREAMED,
  head: [...CHUNKED, 'Trailer: X-Sum'],
  bytes: '5\r\nhello\r\n0\r\nX-Sum: 1\r\nHost: evil.test\r\nContent-Length: 9\r\n\r\n',
  client: { status: 200, connection: 'open' },
  upstream: { saw: [{ body: 'hello', lacks: [/sum/i, /evil/, /trailer/i, /content-length/i] }] },
});
wireTest('§6.3: a GET with a body by length', {
  shows: '9112-6.3-9',
  head: ['GET / HTTP/1.1', 'Host: a.test', 'Content-Length: 5'],
  bytes: 'hello',
  client: { status: 200, connection: 'open' },
  upstream: { saw: [{ body: 'hello', has: ['Content-Length: 5'] }] },
});
wireTest('§6.3: a request without framing has no body', {
  shows: '9112-6.3-8',
  head: ['POST / HTTP/1.1', 'Host: a.test'],
  bytes: 'GET /two HTTP/1.1\r\nHost: a.test\r\n\r\n',
  client: { status: [200, 200], connection: 'open' },
  upstream: { saw: [{ line: 'POST / HTTP/1.1', body: '' }, { line: 'GET /two HTTP/1.1' }] },
});
wireTest('§6.2: Content-Length: 0, and leading zeros', {
  shows: '9110-8.6-5',
  head: ['POST / HTTP/1.1', 'Host: a.test', 'Content-Length: 000'],
  bytes: 'PUT /two HTTP/1.1\r\nHost: a.test\r\nContent-Length: 002\r\n\r\nhi',
  client: { status: [200, 200], connection: 'open' },
  upstream: {
    saw: [
      { body: '', has: ['Content-Length: 0'] },
      { body: 'hi', has: ['Content-Length: 2'] },
    ],
  },
});
