// Bodies of an endpoint that break off or are no chunks, and bytes behind an answer that is whole.

import { shown } from '#test/conformance/smuggling/case.ts';
import { broken, OK, ok, POISON, passed, type ResponseCase } from './response-case.ts';

const CHUNKED = ['Transfer-Encoding: chunked'];

const short = [
  broken('a body shorter than its length', `${OK}Content-Length: 9\r\n\r\nok`, 'ok', {
    then: 'ends',
  }),
  broken('a body shorter than its length, broken off', `${OK}Content-Length: 9\r\n\r\nok`, 'ok', {
    then: 'breaks',
  }),
  broken('no body for a length', `${OK}Content-Length: 9\r\n\r\n`, '', { then: 'ends' }),
  broken(
    'chunks without the last one',
    `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n`,
    'ok',
    { then: 'ends' },
  ),
  broken(
    'chunks without the last line end',
    `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n`,
    'ok',
    { then: 'ends' },
  ),
  broken('chunks broken off', `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n`, 'ok', {
    then: 'breaks',
  }),
  broken('half a chunk', `${OK}Transfer-Encoding: chunked\r\n\r\n9\r\nok`, 'ok', { then: 'ends' }),
  broken('no chunk at all', `${OK}Transfer-Encoding: chunked\r\n\r\n`, '', { then: 'ends' }),
  broken('until the end, broken off', `${OK}\r\nok`, 'ok', { then: 'breaks' }),
];

const sizes = [
  '',
  'g',
  '-2',
  '+2',
  '0x2',
  ' 2',
  '2 ',
  '2\t',
  '2\0',
  '00000000000002',
  'fffffffffffffffe',
].map((size) => broken(`chunk size ${shown(size)}`, ok(CHUNKED, `${size}\r\nok\r\n0\r\n\r\n`), ''));

const chunkEnds = [
  ['bare LF behind a size', '2\nok\r\n0\r\n\r\n', ''],
  ['bare CR behind a size', '2\rok\r\n0\r\n\r\n', ''],
  ['bare LF behind data', '2\r\nok\n0\r\n\r\n', 'ok'],
  ['two other bytes behind data', '2\r\nokXX0\r\n\r\n', 'ok'],
  ['nothing behind data', '2\r\nok0\r\n\r\n', 'ok'],
  ['a chunk longer than its size', '2\r\nokay\r\n0\r\n\r\n', 'ok'],
  ['a bare LF in an extension', '2;\nok\r\n0\r\n\r\n', ''],
  ['a NUL in an extension', '2;\0\r\nok\r\n0\r\n\r\n', ''],
  ['bare LF behind the last size', '2\r\nok\r\n0\n\r\n', 'ok'],
  ['bare LF for the empty line', '2\r\nok\r\n0\r\n\n', 'ok'],
  ['a status line for a trailer', '2\r\nok\r\n0\r\n', 'ok'],
  ['a trailer without a colon', '2\r\nok\r\n0\r\nX\r\n\r\n', 'ok'],
  ['a folded trailer', '2\r\nok\r\n0\r\nX: y\r\n z\r\n\r\n', 'ok'],
  ['a trailer that ends in LF', '2\r\nok\r\n0\r\nX: y\n\r\n', 'ok'],
].map(([name = '', body = '', text = '']) =>
  broken(`chunks with ${name}`, ok(CHUNKED, body), text),
);

const behind = [
  passed('a second answer behind the first', ok(['Content-Length: 2'], 'ok'), 'ok'),
  passed('a second answer behind chunks', ok(CHUNKED, '2\r\nok\r\n0\r\n\r\n'), 'ok'),
  passed('one byte behind the answer', `${OK}Content-Length: 2\r\n\r\nok!`, 'ok'),
  passed('a line end behind the answer', `${OK}Content-Length: 2\r\n\r\nok\r\n`, 'ok'),
  passed(
    'an interim response behind the answer',
    `${OK}Content-Length: 2\r\n\r\nokHTTP/1.1 100 Continue\r\n\r\n`,
    'ok',
  ),
  passed('a body for a length of 0', ok(['Content-Length: 0'], 'ok'), ''),
  passed('a body longer than its length', ok(['Content-Length: 1'], 'ok'), 'o'),
  passed('a body to HEAD', ok(['Content-Length: 2'], 'ok'), '', { request: 'HEAD /case HTTP/1.1' }),
  passed('chunks to HEAD', ok(CHUNKED, '2\r\nok\r\n0\r\n\r\n'), '', {
    request: 'HEAD /case HTTP/1.1',
  }),
  passed('a body of 204', `HTTP/1.1 204 No Content\r\n\r\nok${POISON}`, '', { status: 204 }),
  passed(
    'a body of 204 with its length',
    `HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok${POISON}`,
    '',
    { status: 204 },
  ),
  passed('a body of 304', `HTTP/1.1 304 Not Modified\r\n\r\nok${POISON}`, '', { status: 304 }),
  passed(
    'a body of 304 with its length',
    `HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nok${POISON}`,
    '',
    { status: 304 },
  ),
  passed(
    'chunks of 304',
    `HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n${POISON}`,
    '',
    { status: 304 },
  ),
  passed(
    'an answer that closes, and one behind it',
    ok(['Connection: close', 'Content-Length: 2'], 'ok'),
    'ok',
  ),
  passed(
    'an answer of 1.0, and one behind it',
    `HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok${POISON}`,
    'ok',
  ),
  passed('an answer to the idle connection', `${OK}Content-Length: 2\r\n\r\nok`, 'ok', {
    late: POISON,
  }),
  passed('a byte to the idle connection', `${OK}Content-Length: 2\r\n\r\nok`, 'ok', { late: '\n' }),
  passed('an answer behind a HEAD to the idle connection', `${OK}Content-Length: 2\r\n\r\n`, '', {
    request: 'HEAD /case HTTP/1.1',
    late: POISON,
  }),
];

const notUpgraded = [
  passed(
    'asked for websocket, an answer of 200 and one behind it',
    ok(['Content-Length: 2'], 'ok'),
    'ok',
    {
      fields: ['Connection: upgrade', 'Upgrade: websocket'],
      closes: true,
    },
  ),
  passed(
    'asked for websocket, an answer that names it',
    ok(['Connection: upgrade', 'Upgrade: websocket', 'Content-Length: 2'], 'ok'),
    'ok',
    {
      fields: ['Connection: upgrade', 'Upgrade: websocket'],
      closes: true,
    },
  ),
];

const untilEnd = [
  passed('a body until the end', `${OK}\r\nok`, 'ok', { then: 'ends' }),
  passed('a body until the end that looks like answers', `${OK}\r\nok${POISON}`, `ok${POISON}`, {
    then: 'ends',
  }),
  passed(
    'a body until the end that looks like chunks',
    `${OK}\r\n2\r\nok\r\n0\r\n\r\n`,
    '2\r\nok\r\n0\r\n\r\n',
    { then: 'ends' },
  ),
  passed(
    'a body of 1.0 until the end',
    'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nok',
    'ok',
    { then: 'ends' },
  ),
];

const clean = [
  passed('a length with zeros in front', `${OK}Content-Length: 002\r\n\r\nok`, 'ok', {
    isReused: true,
  }),
  passed('a length in odd case and space', `${OK}cOnTeNt-LeNgTh:\t2 \r\n\r\nok`, 'ok', {
    isReused: true,
  }),
  passed(
    'chunked in odd case',
    `${OK}TRANSFER-encoding:  CHUNKED \r\n\r\n2\r\nok\r\n0\r\n\r\n`,
    'ok',
    { isReused: true },
  ),
  passed(
    'extensions are dropped',
    `${OK}Transfer-Encoding: chunked\r\n\r\n2;a="b"\r\nok\r\n0;c\r\n\r\n`,
    'ok',
    { isReused: true },
  ),
  passed(
    'trailers are dropped',
    `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nSet-Cookie: poison\r\nContent-Length: 9\r\n\r\n`,
    'ok',
    { isReused: true },
  ),
  passed(
    'Connection names the length',
    `${OK}Connection: content-length\r\nContent-Length: 2\r\n\r\nok`,
    'ok',
    { isReused: true },
  ),
  passed(
    'Connection names the coding',
    `${OK}Connection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
    'ok',
    { isReused: true },
  ),
  passed(
    'eight interim responses',
    `${'HTTP/1.1 103 Early Hints\r\nLink: poison\r\n\r\n'.repeat(8)}${OK}Content-Length: 2\r\n\r\nok`,
    'ok',
    { isReused: true },
  ),
  passed(
    'data that is an answer',
    `${OK}Content-Length: ${POISON.length}\r\n\r\n${POISON}`,
    POISON,
    { isReused: true },
  ),
  passed(
    'chunks whose data is an answer',
    `${OK}Transfer-Encoding: chunked\r\n\r\n${POISON.length.toString(16)}\r\n${POISON}\r\n0\r\n\r\n`,
    POISON,
    { isReused: true },
  ),
  passed(
    'a line end in a field, escaped',
    `${OK}Location: /%0d%0aSet-Cookie:x\r\nContent-Length: 2\r\n\r\nok`,
    'ok',
    { isReused: true },
  ),
  passed(
    'chunks to a client of 1.0',
    `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
    'ok',
    { isReused: true, closes: true, request: 'GET /case HTTP/1.0' },
  ),
  passed('a length to a client of 1.0', `${OK}Content-Length: 2\r\n\r\nok`, 'ok', {
    isReused: true,
    closes: true,
    request: 'GET /case HTTP/1.0',
  }),
];

/** Every list of this theme. */
export const BODIES: readonly ResponseCase[] = [
  ...short,
  ...sizes,
  ...chunkEnds,
  ...behind,
  ...notUpgraded,
  ...untilEnd,
  ...clean,
];
