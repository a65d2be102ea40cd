// Fields about the connection: Connection lists that remove what others rely on, TE, Keep-Alive.

import {
  CHUNKS,
  forwarded,
  forwardedLast,
  get,
  PIPELINED,
  post,
  SMUGGLED,
  type SmugglingCase,
  seen,
  shown,
} from '#test/conformance/smuggling/case.ts';

const HOPE = 'the proxy removes what a rule behind it reads';

/** Fields that no Connection list removes. */
const kept = [
  'Authorization: Basic x',
  'Cookie: a=1',
  'X-Forwarded-For: 1.2.3.4',
  'X-Forwarded-Host: b.test',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Port: 443',
  'X-Forwarded-Prefix: /x',
  'X-Real-IP: 1.2.3.4',
  'Forwarded: for=1.2.3.4',
  'Via: 1.1 x',
  'Content-Type: text/plain',
  'Content-Encoding: gzip',
  'Cache-Control: no-cache',
  'Proxy-Authorization: Basic x',
  'Origin: http://b.test',
].map((line) => {
  const name = line.slice(0, line.indexOf(':'));
  return forwarded(
    `Connection cannot remove ${name}`,
    HOPE,
    get(`Connection: ${name.toLowerCase()}`, line) + SMUGGLED,
    seen('GET /x', [line]),
    PIPELINED,
  );
});

const keptTogether = [
  forwarded(
    'Connection cannot remove Host',
    'no site',
    get('Connection: host') + SMUGGLED,
    seen('GET /x'),
    PIPELINED,
  ),
  forwarded(
    'Connection cannot remove Content-Length',
    'no body',
    post('Connection: Content-Length', `Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
    seen('POST /x', [], SMUGGLED),
  ),
  forwarded(
    'Connection cannot remove Transfer-Encoding',
    'no body',
    post('Connection: Transfer-Encoding', 'Transfer-Encoding: chunked') + CHUNKS + SMUGGLED,
    seen('POST /x', [], 'hello'),
    PIPELINED,
  ),
  forwarded(
    'a list of all of them',
    HOPE,
    get(
      'Connection: close-not, host, cookie, x-forwarded-for',
      'Cookie: a=1',
      'X-Forwarded-For: 1.2.3.4',
    ) + SMUGGLED,
    seen('GET /x', ['Cookie: a=1', 'X-Forwarded-For: 1.2.3.4']),
    PIPELINED,
  ),
];

/** Fields that go no further. */
const removed = [
  'Keep-Alive: timeout=5',
  'Proxy-Connection: keep-alive',
  'TE: trailers',
  'TE: chunked',
  'TE: trailers, chunked;q=0',
  'Trailer: Content-Length',
  'Upgrade: h2c',
  'Upgrade: websocket',
  'Upgrade: TLS/1.2, HTTP/2.0',
  'HTTP2-Settings: AAMAAABkAAQAAP__',
  'Connection: x-hop',
  'Connection: "close"',
  'Connection: close\xa0',
  'Connection: closed',
  'Connection: x close',
  'Connection: ,,,',
  'Connection:',
].map((line) =>
  forwarded(
    `${shown(line)} stays behind`,
    'said to us alone',
    get(line, 'X: y') + SMUGGLED,
    seen('GET /x', ['X: y']),
    PIPELINED,
  ),
);

const named = [
  forwarded(
    'a field that Connection names',
    'it is meant for us',
    get('Connection: x-hop', 'X-Hop: 1', 'X: y') + SMUGGLED,
    seen('GET /x', ['X: y']),
    PIPELINED,
  ),
  forwarded(
    'named in front and behind',
    'a proxy that reads the list once',
    get('X-Hop: 1', 'Connection: x-hop', 'x-HOP: 2') + SMUGGLED,
    seen('GET /x'),
    PIPELINED,
  ),
  forwarded(
    'two Connection fields are one list',
    'a proxy that reads one',
    get('Connection: x-a', 'X-A: 1', 'Connection: x-b', 'X-B: 2') + SMUGGLED,
    seen('GET /x'),
    PIPELINED,
  ),
  forwarded(
    'tabs in a Connection list',
    'a proxy that trims spaces alone',
    get('Connection:\tx-a\t,\tx-b', 'X-A: 1', 'X-B: 2') + SMUGGLED,
    seen('GET /x'),
    PIPELINED,
  ),
];

const closings = [
  forwardedLast(
    'Connection: close ends it',
    'what is pipelined is another request',
    get('Connection: close') + SMUGGLED,
    seen('GET /x'),
  ),
  forwardedLast(
    'close in a list, in capitals',
    'as above',
    get('Connection: x, CLOSE') + SMUGGLED,
    seen('GET /x'),
  ),
  forwardedLast(
    'close beside keep-alive',
    'the last counts',
    get('Connection: close, keep-alive') + SMUGGLED,
    seen('GET /x'),
  ),
  forwardedLast(
    'close in a second field',
    'the first counts',
    get('Connection: keep-alive', 'Connection: close') + SMUGGLED,
    seen('GET /x'),
  ),
  forwardedLast(
    'close with a body',
    'the body goes on to the end',
    post('Connection: close', 'Content-Length: 5') + `hello${SMUGGLED}`,
    seen('POST /x', [], 'hello'),
  ),
];

/** Every list of this theme. */
export const OPTIONS: readonly SmugglingCase[] = [
  ...kept,
  ...keptTogether,
  ...removed,
  ...named,
  ...closings,
];
